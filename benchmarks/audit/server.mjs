// A host as a real one is: gzip, cache headers, a strict Content-Security-Policy.
import { createServer } from "node:http";
import { readFile, stat } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon",
  ".ipynb": "application/json", ".jpg": "image/jpeg", ".js": "text/javascript; charset=utf-8",
  ".json": "application/json", ".md": "text/markdown; charset=utf-8", ".png": "image/png",
  ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json",
  ".webp": "image/webp", ".woff2": "font/woff2", ".xml": "application/xml",
};
const PACKED = new Set([".jpg", ".png", ".webp", ".woff2"]);
const POLICY = "default-src 'self'";

async function found(folder, url) {
  const path = join(folder, normalize(decodeURIComponent(url.pathname)));
  const isFolder = await stat(path).then((entry) => entry.isDirectory(), () => false);
  const file = isFolder ? join(path, "index.html") : path;
  return readFile(file).then((body) => ({ file, body, status: 200 }), () => null);
}

// Serve `folder` on a free port of this machine; return the address and what ends it.
export async function serve(folder) {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const missing = async () => ({ file: "404.html", body: await readFile(join(folder, "404.html")), status: 404 });
    const { file, body, status } = (await found(folder, url)) ?? (await missing());
    const kind = extname(file);
    // The address of a theme file names its content; all else may change.
    const lasts = url.searchParams.has("h") ? "public, max-age=31536000, immutable" : "public, max-age=600";
    const headers = {
      "Content-Type": TYPES[kind] ?? "application/octet-stream", "Cache-Control": lasts,
      "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", Vary: "Accept-Encoding",
    };
    const packs = !PACKED.has(kind) && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    response.writeHead(status, packs ? { ...headers, "Content-Encoding": "gzip" } : headers);
    response.end(packs ? gzipSync(body, { level: 9 }) : body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
