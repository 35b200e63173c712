/** The container architectures that execd is built for, as Node names them. */
export type ExecdArch = "x64" | "arm64";

/**
 * The absolute path of the static execd binary for containers of that architecture.
 *
 * The path is where `npm run build` puts the file; whether it is there is the caller's to check.
 *
 * @throws RangeError for any other architecture; not retryable.
 */
export function execdBinaryPath(arch: ExecdArch): string;
