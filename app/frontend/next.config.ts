import type { NextConfig } from "next";

/** Headers for every answer. The page's Content-Security-Policy carries a nonce and is therefore set in `src/proxy.ts`. */
const securityHeaders = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Referrer-Policy", value: "no-referrer" },
  { key: "Cross-Origin-Resource-Policy", value: "same-origin" },
  { key: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
];

const config: NextConfig = {
  output: "standalone",
  // Browsers keep files below this name for a year, so it goes with the content. Next.js makes up one where none is given.
  generateBuildId: () => process.env.BUILD_ID ?? null,
  outputFileTracingRoot: import.meta.dirname,
  poweredByHeader: false,
  reactStrictMode: true,
  // No pictures are resized here: without sharp the image is smaller.
  images: { unoptimized: true },
  outputFileTracingExcludes: { "*": ["node_modules/sharp/**", "node_modules/@img/**"] },
  // Left as the package that it is, so that it is seen and can be assessed.
  serverExternalPackages: ["prom-client"],
  // The root file system is read-only: pages are never written back to it.
  experimental: { isrFlushToDisk: false },
  headers: () => Promise.resolve([{ source: "/:path*", headers: securityHeaders }]),
};

export default config;
