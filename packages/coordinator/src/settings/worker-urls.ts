/** Form of one URL of a worker. */
const WORKER_URL = /^https?:\/\/[^\s/?#,]+(\/[^\s?#,]*)?$/;

/** What WORKERS may be. */
export const WORKER_URLS = new RegExp(
  `^${WORKER_URL.source.slice(1, -1)}(\\s*,\\s*${WORKER_URL.source.slice(1, -1)})*$`,
);

/** The URLs in WORKERS, without trailing slashes and repetitions. */
export function workerUrls(text: string | undefined): readonly string[] {
  const urls = (text ?? "").split(",").map((url) => url.trim().replace(/\/+$/, ""));
  return [...new Set(urls.filter((url) => url !== ""))];
}
