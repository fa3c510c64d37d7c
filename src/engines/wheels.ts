/**
 * The native libraries and where they come from: Python wheels, pinned by version and SHA-256. The wheels are Python
 * packages only in name; what is used of them is a shared library with a C interface.
 */
import { readFileSync } from "node:fs";
import type { EngineId } from "../core/family.ts";

/** Operating system, processor and, on Linux, C library. */
export type Platform = "linux-x64" | "linux-arm64" | "linux-musl-x64" | "darwin-x64" | "darwin-arm64" | "win32-x64";

export interface Wheel {
  /** Name of the Python package. */
  readonly package: string;
  /** pip's platform tag that selects this wheel. */
  readonly tag: string;
  /** Of the wheel file. */
  readonly sha256: string;
  /** Path of the library inside the wheel. */
  readonly library: string;
}

export interface EngineSource {
  readonly id: EngineId;
  readonly title: string;
  readonly version: string;
  /** What is lost without it, for messages. */
  readonly families: readonly string[];
  readonly wheels: Readonly<Partial<Record<Platform, Wheel>>>;
}

export const ENGINES: readonly EngineSource[] = [
  {
    id: "xgboost",
    title: "XGBoost",
    version: "3.2.0",
    families: ["xgboost"],
    wheels: {
      "linux-x64": {
        package: "xgboost-cpu",
        tag: "manylinux_2_28_x86_64",
        sha256: "9c10b1653e1a689bf4094a328144cf3633c9be0e5217a76fbdc2fde6abcb2950",
        library: "xgboost/lib/libxgboost.so",
      },
      "linux-arm64": {
        package: "xgboost-cpu",
        tag: "manylinux_2_28_aarch64",
        sha256: "896b9e2bc52ec0921edf92ddd1cebedf47032e94992b7aca0293524d380ce6e9",
        library: "xgboost/lib/libxgboost.so",
      },
      "darwin-x64": {
        package: "xgboost",
        tag: "macosx_10_15_x86_64",
        sha256: "2f661966d3e322536d9c448090a870fcba1e32ee5760c10b7c46bac7a342079a",
        library: "xgboost/lib/libxgboost.dylib",
      },
      "darwin-arm64": {
        package: "xgboost",
        tag: "macosx_12_0_arm64",
        sha256: "eabbd40d474b8dbf6cb3536325f9150b9e6f0db32d18de9914fb3227d0bef5b7",
        library: "xgboost/lib/libxgboost.dylib",
      },
      "win32-x64": {
        package: "xgboost-cpu",
        tag: "win_amd64",
        sha256: "bfe72e42f73d2c6870a1a8b75324d56ae86ddad9abd4dccefeb36f2c3196dd48",
        library: "xgboost/lib/xgboost.dll",
      },
    },
  },
  {
    id: "lightgbm",
    title: "LightGBM",
    version: "4.7.0",
    families: ["gbm"],
    wheels: {
      "linux-x64": {
        package: "lightgbm",
        tag: "manylinux_2_28_x86_64",
        sha256: "d23e922acd891e77212e4d0fbcee9ba973c96dee479491341d05ba595357ebb7",
        library: "lightgbm/lib/lib_lightgbm.so",
      },
      "linux-arm64": {
        package: "lightgbm",
        tag: "manylinux2014_aarch64",
        sha256: "d4529acec5c6fefe4768302a529707d0ead90f6a6f42df694b856212e09695b8",
        library: "lightgbm/lib/lib_lightgbm.so",
      },
      "darwin-x64": {
        package: "lightgbm",
        tag: "macosx_10_15_x86_64",
        sha256: "dfc1cfe8e760387be1e7ba7a214688be21fdff96e4ed9749188f83e1877c2477",
        library: "lightgbm/lib/lib_lightgbm.dylib",
      },
      "darwin-arm64": {
        package: "lightgbm",
        tag: "macosx_12_0_arm64",
        sha256: "129535462686f274df179133643118c5c5c5667167fe6c3a28d955f0b3c8e868",
        library: "lightgbm/lib/lib_lightgbm.dylib",
      },
      "win32-x64": {
        package: "lightgbm",
        tag: "win_amd64",
        sha256: "f42d1e5b32b6f170e606d7c689c6165671da98d7bf37f1addec2623efc8740c9",
        library: "lightgbm/bin/lib_lightgbm.dll",
      },
    },
  },
  {
    id: "openblas",
    title: "OpenBLAS",
    version: "0.3.33.112.0",
    families: ["logistic", "svm", "knn", "mlp", "transformer"],
    wheels: {
      "linux-x64": {
        package: "scipy-openblas32",
        tag: "manylinux_2_28_x86_64",
        sha256: "51acd522a889444584e712e01c5ff3eb44eb4625a642a876885d32511fc97e90",
        library: "scipy_openblas32/lib/libscipy_openblas.so",
      },
      "linux-arm64": {
        package: "scipy-openblas32",
        tag: "manylinux_2_28_aarch64",
        sha256: "0622d3ea71710d694f36786d51c31668ba4c93489c0ac24d0c17376f1c9a87ca",
        library: "scipy_openblas32/lib/libscipy_openblas.so",
      },
      "linux-musl-x64": {
        package: "scipy-openblas32",
        tag: "musllinux_1_2_x86_64",
        sha256: "ee3c644fd95a543d45388d6108235b9e2385283f7fa72fabf524db624f6bc0b7",
        library: "scipy_openblas32/lib/libscipy_openblas.so",
      },
      "darwin-x64": {
        package: "scipy-openblas32",
        tag: "macosx_10_9_x86_64",
        sha256: "cf2763a49b8e087da9edc20ecc9127a50bee61fe4ca7efb115bf7374e471b481",
        library: "scipy_openblas32/lib/libscipy_openblas.dylib",
      },
      "darwin-arm64": {
        package: "scipy-openblas32",
        tag: "macosx_11_0_arm64",
        sha256: "23e0d6a7d558c7f6a3e02130e487742b826e935646a0c04ef4569b72e314e263",
        library: "scipy_openblas32/lib/libscipy_openblas.dylib",
      },
      "win32-x64": {
        package: "scipy-openblas32",
        tag: "win_amd64",
        sha256: "d202699c184bd6ba521774a0a77edad8d6dc84de2f4643706c40c80dba84d70d",
        library: "scipy_openblas32/lib/libscipy_openblas.dll",
      },
    },
  },
];

export function engineSource(id: EngineId): EngineSource {
  return ENGINES.find((e) => e.id === id) as EngineSource;
}

/** This machine, e.g. "linux-x64"; may be one for which there are no wheels. */
export function currentPlatform(): string {
  return `${process.platform}${usesMusl() ? "-musl" : ""}-${process.arch}`;
}

export function wheelFor(source: EngineSource, platform: string): Wheel | undefined {
  return (source.wheels as Readonly<Record<string, Wheel>>)[platform];
}

/** Whether Node runs on musl (Alpine), on which libraries made for glibc do not load. */
function usesMusl(): boolean {
  if (process.platform !== "linux") return false;
  try {
    return readFileSync("/proc/self/maps", "utf8").includes("/ld-musl-");
  } catch {
    return false;
  }
}
