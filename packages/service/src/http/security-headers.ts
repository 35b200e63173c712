import type { RequestHandler } from "express";
import helmet from "helmet";

/**
 * Headers of every answer. The API shows nothing to a browser, so its pages may load nothing; `/docs` loosens that for itself. No HSTS:
 * TLS belongs to the proxy in front, which knows whether there is any.
 */
export function securityHeaders(): RequestHandler {
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
    },
    strictTransportSecurity: false,
    xFrameOptions: { action: "deny" },
  });
  return (req, res, next) => {
    // Answers hold users' data: no cache on the way may keep them.
    res.setHeader("Cache-Control", "no-store");
    protect(req, res, next);
  };
}
