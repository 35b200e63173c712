import type { SandboxService } from "@sandbox-system/sandbox";
import type { Metrics } from "@sandbox-system/service";

/** Shows the engine room's numbers on /metrics; read when they are asked for. */
export function addWorkerGauges(metrics: Metrics, service: Pick<SandboxService, "health">): void {
  const pool = () => service.health().pool;
  metrics.gauge(
    "sandbox_pool_available",
    "Warm sandboxes, ready to be claimed",
    () => pool().available,
  );
  metrics.gauge("sandbox_pool_allocated", "Sandboxes that serve a session", () => pool().allocated);
  metrics.gauge(
    "sandbox_pool_total",
    "All sandboxes, those being made included",
    () => pool().total,
  );
  metrics.gauge("sandbox_pool_max_capacity", "Sandboxes at most", () => pool().max_capacity);
  metrics.gauge("sandbox_sessions_active", "Live sessions", () => service.health().activeSessions);
  metrics.gauge("sandbox_engine_connected", "1: the container engine answers", () =>
    Number(service.health().engineConnected),
  );
}
