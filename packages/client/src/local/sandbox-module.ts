import { sandboxError } from "@sandbox-system/contract";

// The one place that names the package; what else is needed of it is derived from this.
const importPackage = () => import("@sandbox-system/sandbox");

/** The package that local mode runs on. */
export type SandboxModule = Awaited<ReturnType<typeof importPackage>>;

/** The engine room of {@link SandboxModule}. */
export type SandboxService = ReturnType<SandboxModule["createSandboxService"]>;

/** What an engine room is made with. */
export type SandboxOptions = ReturnType<SandboxModule["parseSandboxOptions"]>;

/** A command as an engine room takes it. */
export type ExecRequest = Parameters<SandboxService["execute"]>[2];

/** Listeners of a command as an engine room takes them. */
export type ExecHooks = NonNullable<Parameters<SandboxService["execute"]>[3]>;

/** Gets {@link SandboxModule}; `import()` outside tests. */
export type SandboxImporter = () => Promise<SandboxModule>;

/**
 * Imports the engine room, an optional peer of this package: remote mode does without it.
 * @throws SandboxError `LOCAL_MODE_UNAVAILABLE`, which says what to do.
 */
export async function importSandbox(
  importer: SandboxImporter = importPackage,
): Promise<SandboxModule> {
  try {
    return await importer();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw sandboxError(
      "LOCAL_MODE_UNAVAILABLE",
      "Failed to import server for local mode: the package @sandbox-system/sandbox cannot be loaded. Install it beside " +
        "@sandbox-system/client (in a checkout: npm install && npm run build), or use remote mode: " +
        `new SandboxClient({ mode: "remote", serverUrl }). (${reason})`,
      { cause },
    );
  }
}
