import assert from "node:assert/strict";
import { z } from "zod";
import { openCluster } from "../../../sidecar/kube/cluster.ts";
import { meshTest } from "../rig.ts";

const { signal } = new AbortController();
const ROUTES = ["get", "list", "watch", "patch"];
/** In the order in which rights are listed here. */
const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/** A resource, which object of it, and what the sidecar may do with that. */
const rights = [
  { resource: "networking.istio.io/virtualservices", name: "shop", verbs: ROUTES },
  { resource: "networking.istio.io/virtualservices", name: "other", verbs: [] },
  { resource: "networking.istio.io/virtualservices", name: "", verbs: [] },
  { resource: "networking.istio.io/destinationrules", name: "", verbs: [] },
  { resource: "networking.istio.io/gateways", name: "", verbs: [] },
  { resource: "gateway.networking.k8s.io/httproutes", name: "shop", verbs: ROUTES },
  { resource: "gateway.networking.k8s.io/httproutes", name: "other", verbs: [] },
  { resource: "gateway.networking.k8s.io/httproutes/status", name: "shop", verbs: [] },
  { resource: "understudy.dev/rollouts", name: "", verbs: ROUTES },
  { resource: "understudy.dev/rollouts/status", name: "", verbs: ["patch"] },
  {
    resource: "coordination.k8s.io/leases",
    name: "understudy",
    verbs: ["get", "create", "update"],
  },
  { resource: "coordination.k8s.io/leases", name: "other", verbs: ["create"] },
  { resource: "/events", name: "", verbs: ["create"] },
  { resource: "extensions.istio.io/wasmplugins", name: "", verbs: [] },
  { resource: "rbac.authorization.k8s.io/roles", name: "", verbs: [] },
  { resource: "apiextensions.k8s.io/customresourcedefinitions", name: "", verbs: [] },
  { resource: "apps/deployments", name: "", verbs: [] },
  { resource: "/secrets", name: "", verbs: [] },
  { resource: "/configmaps", name: "", verbs: [] },
  { resource: "/pods", name: "", verbs: [] },
];

const review = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

meshTest(
  "the sidecar's account may do what is listed here, in its namespace, and nothing else",
  async (rig) => {
    const cluster = await openCluster(rig.kubeconfig("admin"));
    const may = async (attributes: object): Promise<boolean> => {
      const spec = {
        user: "system:serviceaccount:shop:understudy",
        resourceAttributes: attributes,
      };
      const value = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
      const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
      const body = { type: "application/json", value };
      return review.parse(await cluster.send({ method: "POST", path, body }, signal)).status
        .allowed;
    };
    for (const { resource: path, name, verbs } of rights) {
      const [group, resource, subresource] = path.split("/");
      const allowed: string[] = [];
      for (const verb of VERBS) {
        const asked = { group, resource, subresource, name, verb };
        allowed.push(...((await may({ ...asked, namespace: "shop" })) ? [verb] : []));
        assert.equal(
          await may({ ...asked, namespace: "default" }),
          false,
          `${verb} ${path} elsewhere`,
        );
      }
      assert.deepEqual(allowed, verbs, `${path} ${name}`);
    }
  },
);
