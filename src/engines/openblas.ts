/** Dense linear algebra by OpenBLAS and its LAPACK; all matrices row-major. */
import { type Library, type NativeFunction, openLibrary } from "./native.ts";

type Real = Float32Array | Float64Array;

/** C = alpha · op(A) · op(B) + beta · C */
export interface Gemm<T extends Real> {
  /** Rows of op(A), columns of op(B), columns of op(A). */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: T;
  readonly b: T;
  readonly c: T;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Default 1 and 0. */
  readonly alpha?: number;
  readonly beta?: number;
  /** Distance of neighbouring rows; the width of the matrix when absent. */
  readonly lda?: number;
  readonly ldb?: number;
  readonly ldc?: number;
}

/** The same product of `batch` triples of matrices, each `stride` elements after the one before (0: the same again). */
export interface GemmBatch extends Gemm<Float32Array> {
  readonly batch: number;
  readonly strideA: number;
  readonly strideB: number;
  readonly strideC: number;
  /** Where the first matrices begin. Default 0. */
  readonly offsetA?: number;
  readonly offsetB?: number;
  readonly offsetC?: number;
}

export interface Openblas {
  /** Version and kernel, e.g. "OpenBLAS 0.3.33 … Haswell MAX_THREADS=64". */
  readonly config: string;
  /** Threads of the calls that follow, process-wide. */
  setThreads(threads: number): void;
  /** Zeros. On huge pages where Linux grants them, as numpy's arrays: else half of a product's time goes to new pages. */
  doubles(length: number): Float64Array<ArrayBuffer>;
  sgemm(product: Gemm<Float32Array>): void;
  dgemm(product: Gemm<Float64Array>): void;
  sgemmBatch(product: GemmBatch): void;
  /** y = alpha · A · x + beta · y of A [y × x] */
  dgemv(alpha: number, a: Float64Array, x: Float64Array, beta: number, y: Float64Array): void;
  /** Adds alpha · x · yᵀ to A [x × y]. */
  dger(alpha: number, x: Float64Array, y: Float64Array, a: Float64Array): void;
  /** Adds A · Aᵀ of [n × k], at half the work of a product. @param c [n × n]; only its upper triangle is written */
  dsyrk(a: Float64Array, n: number, k: number, c: Float64Array): void;
  /**
   * Eigenvalues of a symmetric matrix, ascending.
   * @param a [n × n], read in its upper triangle alone; its rows become the eigenvectors
   * @throws Error when the algorithm does not converge
   */
  dsyevd(a: Float64Array, n: number): Float64Array;
}

const ROW_MAJOR = 101;
const COLUMN_MAJOR = 102;
const NO_TRANSPOSE = 111;
const TRANSPOSE = 112;
const UPPER_TRIANGLE = 121;
const VECTORS = "V".charCodeAt(0);
const LOWER = "L".charCodeAt(0);

let instance: Promise<Openblas> | undefined;

/**
 * Loads OpenBLAS once.
 * @throws UserError when it cannot be loaded
 */
export function loadOpenblas(): Promise<Openblas> {
  instance ??= openLibrary("openblas").then(bind, (error) => {
    instance = undefined;
    throw error;
  });
  return instance;
}

function bind(library: Library): Openblas {
  const setThreads = library.declare("void scipy_openblas_set_num_threads(int threads)");
  const gemm = <T extends Real>(type: "s" | "d"): ((product: Gemm<T>) => void) => {
    const real = type === "s" ? "float" : "double";
    const call = library.declare(
      `void scipy_cblas_${type}gemm(int order, int transA, int transB, int m, int n, int k, ${real} alpha, void *a, int lda, void *b, int ldb, ${real} beta, void *c, int ldc)`,
    );
    return (product) => {
      const { m, n, k, a, b, c, transposeA = false, transposeB = false, alpha = 1, beta = 0 } = product;
      const { lda = transposeA ? m : k, ldb = transposeB ? k : n, ldc = n } = product;
      const transA = transposeA ? TRANSPOSE : NO_TRANSPOSE;
      const transB = transposeB ? TRANSPOSE : NO_TRANSPOSE;
      call(ROW_MAJOR, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    };
  };
  // Declared when first called: matrix products do not depend on these.
  const late = (prototype: string): NativeFunction => {
    let call: NativeFunction | undefined;
    return (...values) => {
      call ??= library.declare(prototype);
      return call(...values);
    };
  };
  const dgemv = late(
    "void scipy_cblas_dgemv(int order, int trans, int m, int n, double alpha, void *a, int lda, void *x, int incX, double beta, void *y, int incY)",
  );
  const dger = late(
    "void scipy_cblas_dger(int order, int m, int n, double alpha, void *x, int incX, void *y, int incY, void *a, int lda)",
  );
  const dsyrk = late(
    "void scipy_cblas_dsyrk(int order, int uplo, int trans, int n, int k, double alpha, void *a, int lda, double beta, void *c, int ldc)",
  );
  const dsyevd = late("int scipy_LAPACKE_dsyevd(int order, char jobz, char uplo, int n, void *a, int lda, void *w)");
  return {
    config: String(library.declare("const char *scipy_openblas_get_config()")()),
    setThreads: (threads) => void setThreads(threads),
    doubles: (length) => onHugePages(library, new Float64Array(length)),
    sgemm: gemm<Float32Array>("s"),
    dgemm: gemm<Float64Array>("d"),
    sgemmBatch: batchOf(library),
    dgemv(alpha, a, x, beta, y) {
      dgemv(ROW_MAJOR, NO_TRANSPOSE, y.length, x.length, alpha, a, x.length, x, 1, beta, y, 1);
    },
    dger(alpha, x, y, a) {
      dger(ROW_MAJOR, x.length, y.length, alpha, x, 1, y, 1, a, y.length);
    },
    dsyrk(a, n, k, c) {
      dsyrk(ROW_MAJOR, UPPER_TRIANGLE, NO_TRANSPOSE, n, k, 1, a, k, 1, c, n);
    },
    dsyevd(a, n) {
      const values = new Float64Array(n);
      const info = dsyevd(COLUMN_MAJOR, VECTORS, LOWER, n, a, n, values);
      if (info !== 0) throw new Error(`dsyevd ended with ${info}`);
      return values;
    },
  };
}

const HUGE_PAGE = 1 << 21;
const PAGE = 1 << 12;
const MADV_HUGEPAGE = 14;

/** Asks for huge pages under an array that nobody has written to; it is as good without them. */
function onHugePages<T extends NodeJS.TypedArray>(library: Library, array: T): T {
  if (process.platform !== "linux" || array.byteLength < 2 * HUGE_PAGE) return array;
  const advise = library.declare("int madvise(uintptr_t start, size_t length, int advice)");
  const address = library.address(array);
  const start = Math.ceil(Number(address) / PAGE) * PAGE;
  advise(start, array.byteLength - (start - Number(address)), MADV_HUGEPAGE);
  return array;
}

/**
 * A loop of products by address, which is 0.4 µs a product faster than by array. The library's own
 * cblas_sgemm_batch_strided crashes on small matrices (OpenBLAS pull request 5980).
 */
function batchOf(library: Library): (product: GemmBatch) => void {
  const call = library.declare(
    "void scipy_cblas_sgemm(int order, int transA, int transB, int m, int n, int k, float alpha, uintptr_t a, int lda, uintptr_t b, int ldb, float beta, uintptr_t c, int ldc)",
  );
  return (product) => {
    const { m, n, k, transposeA = false, transposeB = false, alpha = 1, beta = 0, batch } = product;
    const { lda = transposeA ? m : k, ldb = transposeB ? k : n, ldc = n } = product;
    const [transA, transB] = [transposeA ? TRANSPOSE : NO_TRANSPOSE, transposeB ? TRANSPOSE : NO_TRANSPOSE];
    const { offsetA = 0, offsetB = 0, offsetC = 0 } = product;
    let a = Number(library.address(product.a)) + 4 * offsetA;
    let b = Number(library.address(product.b)) + 4 * offsetB;
    let c = Number(library.address(product.c)) + 4 * offsetC;
    for (let i = 0; i < batch; i++) {
      call(ROW_MAJOR, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
      a += 4 * product.strideA;
      b += 4 * product.strideB;
      c += 4 * product.strideC;
    }
  };
}
