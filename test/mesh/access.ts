/** What the sidecar may do there: see and change the named routes, and nothing else. */
export function sidecarAccess(): readonly object[] {
  const watched = ["get", "list", "watch", "patch"];
  const rbac = "rbac.authorization.k8s.io";
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name: "understudy-routes", namespace: "shop" },
      rules: [
        {
          apiGroups: ["networking.istio.io"],
          resources: ["virtualservices"],
          resourceNames: ["app"],
          verbs: watched,
        },
        {
          apiGroups: ["gateway.networking.k8s.io"],
          resources: ["httproutes"],
          resourceNames: ["shop"],
          verbs: watched,
        },
        {
          apiGroups: ["understudy.dev"],
          resources: ["rollouts"],
          verbs: watched,
        },
        {
          apiGroups: ["understudy.dev"],
          resources: ["rollouts/status"],
          verbs: ["patch"],
        },
        { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
        {
          apiGroups: ["coordination.k8s.io"],
          resources: ["leases"],
          resourceNames: ["understudy"],
          verbs: ["get", "update"],
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: "understudy-routes", namespace: "shop" },
      subjects: [{ kind: "User", name: "understudy", apiGroup: rbac }],
      roleRef: { kind: "Role", name: "understudy-routes", apiGroup: rbac },
    },
  ];
}
