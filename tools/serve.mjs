// A small static server for the built page: node tools/serve.mjs FOLDER [--port N] [--open]
// It listens on this machine only. Files under assets/ have a hash in their name and may be kept; others are asked again.
import { createServer } from "node:http";
import { createReadStream, statSync } from "node:fs";
import { join, resolve, extname, sep } from "node:path";
import { spawn } from "node:child_process";

const types = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
};

const usage = "usage: node tools/serve.mjs FOLDER [--port N] [--open]";
const args = process.argv.slice(2);
let folder;
let port = 8137;
let chosen = false;
let open = false;
while (args.length > 0) {
    const arg = args.shift();
    if (arg === "--port") {
        port = Number(args.shift());
        chosen = true;
        if (!Number.isInteger(port) || port < 0 || port > 65535) fail("--port needs a number between 0 and 65535");
    } else if (arg === "--open") open = true;
    else if (folder === undefined) folder = resolve(arg);
    else fail(usage);
}
if (folder === undefined) fail(usage);

function fail(message) {
    process.stderr.write(`error: ${message}\n`);
    process.exit(2);
}

/** The file that a URL names, or undefined when there is none or it lies outside the folder. */
function fileFor(url) {
    let path;
    try {
        path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    } catch {
        return undefined;
    }
    if (path.includes("\0")) return undefined;
    let file = join(folder, path);
    if (file !== folder && !file.startsWith(folder + sep)) return undefined;
    try {
        if (statSync(file).isDirectory()) file = join(file, "index.html");
        const status = statSync(file);
        return status.isFile() ? { file, status } : undefined;
    } catch {
        return undefined;
    }
}

const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
        response.writeHead(405, { Allow: "GET, HEAD" }).end();
        return;
    }
    const found = fileFor(request.url ?? "/");
    if (found === undefined) {
        response.writeHead(404, { "Content-Type": types[".txt"] }).end("not found\n");
        return;
    }
    const { file, status } = found;
    const tag = `"${status.size.toString(36)}-${Math.round(status.mtimeMs).toString(36)}"`;
    const headers = {
        "Content-Type": types[extname(file)] ?? "application/octet-stream",
        "Cache-Control": file.startsWith(join(folder, "assets") + sep) ? "public, max-age=31536000, immutable" : "no-cache",
        "X-Content-Type-Options": "nosniff",
        ETag: tag,
    };
    if (request.headers["if-none-match"] === tag) {
        response.writeHead(304, headers).end();
        return;
    }
    response.writeHead(200, { ...headers, "Content-Length": status.size });
    if (request.method === "HEAD") response.end();
    else createReadStream(file).on("error", () => response.destroy()).pipe(response);
});

server.on("error", (error) => {
    if (error.code === "EADDRINUSE" && !chosen && port < 8157) server.listen(++port, "127.0.0.1");
    else fail(error.message);
});
server.on("listening", () => {
    const address = `http://localhost:${server.address().port}/`;
    process.stdout.write(`Quantlens is at ${address} (Ctrl-C stops)\n`);
    if (open) {
        const program = process.platform === "darwin" ? "open" : "xdg-open";
        spawn(program, [address], { stdio: "ignore", detached: true }).on("error", () => {}).unref();
    }
});
server.listen(port, "127.0.0.1");
