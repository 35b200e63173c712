// A bash tool for an AI agent: one session for each conversation, kept between messages.
import {
  type FileListing,
  SandboxClient,
  type SandboxClientOptions,
  type UploadResult,
} from "@sandbox-system/client";

/** Whose conversation it is. */
export interface Conversation {
  userId: string;
  threadId: string;
}

/** What the model gets to see of a command. */
export interface BashResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  executionTimeMs: number;
}

/** Serves any number of conversations, also at the same time: every method works in the session that it has just got. */
export class BashTool {
  readonly #client: SandboxClient;

  constructor(options: SandboxClientOptions) {
    this.#client = new SandboxClient(options);
  }

  /** `timeout` is in seconds. A session that has expired is made anew before the command runs. */
  async execute(command: string, conversation: Conversation, timeout = 30): Promise<BashResult> {
    await this.#client.getOrCreateSession({ ...conversation, timeoutMinutes: 30 });
    const result = await this.#client.execute(command, { timeout, autoRetry: true });
    const { exitCode, stdout, stderr, executionTimeMs } = result;
    return { exitCode, stdout, stderr, executionTimeMs };
  }

  async uploadFile(
    filePath: string,
    conversation: Conversation,
    remoteName?: string,
  ): Promise<UploadResult> {
    await this.#client.getOrCreateSession(conversation);
    return this.#client.uploadFile(filePath, remoteName);
  }

  /** Resolves to the path of the local file. */
  async downloadFile(
    remoteName: string,
    conversation: Conversation,
    localPath?: string,
  ): Promise<string> {
    await this.#client.getOrCreateSession(conversation);
    return this.#client.downloadFile(remoteName, localPath);
  }

  async listFiles(conversation: Conversation): Promise<FileListing> {
    await this.#client.getOrCreateSession(conversation);
    return this.#client.listFiles();
  }

  /** Optional: sessions expire by themselves. */
  async cleanupSession(threadId?: string): Promise<void> {
    await this.#client.closeSession({ threadId });
  }
}

// In the agent:
const bashTool = new BashTool({ mode: "local" });
const conversation = { userId: "user123", threadId: "conversation_abc" };

await bashTool.execute(`echo '{"data": [1,2,3]}' > input.json`, conversation);
const result = await bashTool.execute("jq '.data | length' input.json", conversation);
console.log(`Exit code: ${result.exitCode}`);
console.log(`Output: ${result.stdout}`);

await bashTool.cleanupSession("conversation_abc");
