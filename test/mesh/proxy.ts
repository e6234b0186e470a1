/** An Envoy that istiod configures, without Istio's agent. */
export type ProxyParts = {
  readonly xdsPort: number;
  readonly role: "router" | "sidecar";
  readonly name: string;
  /** An address of its own: istiod takes the labels of whatever else has it. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** What an Envoy in namespace `shop` is started with. */
export function proxyBootstrap({ xdsPort, role, name, address, labels }: ProxyParts): object {
  const discovered = { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" };
  const istiod = { socket_address: { address: "127.0.0.1", port_value: xdsPort } };
  return {
    node: {
      id: `${role}~${address}~${name}.shop~shop.svc.cluster.local`,
      cluster: `${name}.shop`,
      metadata: {
        NAMESPACE: "shop",
        LABELS: labels,
        CLUSTER_ID: "Kubernetes",
        ISTIO_VERSION: "1.31.0",
        ...(role === "sidecar" ? { INTERCEPTION_MODE: "NONE" } : {}),
      },
    },
    dynamic_resources: {
      lds_config: discovered,
      cds_config: discovered,
      ads_config: {
        api_type: "GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: "istiod" } }],
      },
    },
    static_resources: {
      clusters: [
        {
          name: "istiod",
          type: "STATIC",
          connect_timeout: "1s",
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: "istiod",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: istiod } }] }],
          },
        },
      ],
    },
  };
}
