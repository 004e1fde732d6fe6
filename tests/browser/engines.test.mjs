// Firefox and WebKit: the page loads, its worker computes, every figure answers once. These browsers are not driven: the
// page is served with a script of ours beside it, which reads the page and sends back what it saw.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { test } from "node:test";
import { kTypes, site } from "./page.mjs";

// How long a browser may go without reporting anything. The slowest chapter takes 15 s where nothing else runs.
const kPatience = 180_000;

/** Runs in the browser: scrolls through the page, waits until each figure has its answer, and reports what is wrong. */
async function probe() {
  const wrongs = [];
  addEventListener("error", (event) => wrongs.push(`error: ${event.message}`));
  addEventListener("unhandledrejection", (event) => wrongs.push(`rejection: ${event.reason}`));
  addEventListener("securitypolicyviolation", (event) => wrongs.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const until = async (ready, what) => {
    for (let waited = 0; !ready(); waited += 50) {
      if (waited > 60_000) throw new Error(`${what} did not come`);
      await pause(50);
    }
  };
  const answered = (figure) =>
    figure.querySelector(".problem") || !figure.querySelector(".placeholder:not([data-absent]), .picture[data-stale]");
  const chapters = {};
  try {
    document.documentElement.style.scrollBehavior = "auto";
    for (const chapter of document.querySelectorAll(".opening, .chapter")) {
      const demos = [...chapter.querySelectorAll("[data-demo]")];
      for (const demo of demos) {
        demo.scrollIntoView();
        await until(() => demo.dataset.awake !== undefined, `${demo.dataset.demo} to wake`);
      }
      const figures = [...chapter.querySelectorAll(".figure")];
      for (const figure of figures) await until(() => answered(figure), `an answer in ${chapter.id}`);
      for (const problem of chapter.querySelectorAll(".problem")) wrongs.push(`${chapter.id}: ${problem.textContent}`);
      chapters[chapter.id] = figures.length;
      await report({ chapters, wrongs, soFar: chapter.id });
    }
    const slider = document.querySelector("#rounding .slider input");
    const mse = () => document.querySelector("#rounding [data-value=mse]").textContent;
    const first = mse();
    slider.value = "8";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => mse() !== first, "another answer");
    await report({ chapters, wrongs, first, second: mse(), core: document.getElementById("core-status").textContent });
  } catch (error) {
    await report({ chapters, wrongs: [...wrongs, String(error)] });
  }
  function report(what) {
    return fetch("report", { method: "POST", body: JSON.stringify(what) });
  }
}

/** Serves the built folder with the probe, and resolves with what it reports, or with how far it came before it fell silent. */
async function served(folder) {
  let heard;
  let last = { chapters: {}, soFar: "nothing, not even the page was asked for" };
  let timer;
  const report = new Promise((done) => {
    heard = done;
  });
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => heard({ ...last, wrongs: [`nothing more for ${kPatience / 1000} s; last came ${last.soFar}`] }), kPatience);
  };
  listen();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (request.method === "POST" && path === "/report") {
      let text = "";
      request.on("data", (part) => {
        text += part;
      });
      request.on("end", () => {
        response.writeHead(204).end();
        last = JSON.parse(text);
        if (last.soFar === undefined) heard(last);
        else listen();
      });
      return;
    }
    if (path === "/probe.js") {
      last.soFar = "the page's start";
      listen();
      return response.writeHead(200, { "content-type": "text/javascript" }).end(`(${probe})();`);
    }
    const file = join(folder, normalize(path === "/" ? "/index.html" : path));
    if (!file.startsWith(folder) || !existsSync(file)) return response.writeHead(404).end();
    const body = readFileSync(file);
    response.writeHead(200, { "content-type": kTypes[extname(file)] ?? "application/octet-stream" });
    response.end(path === "/" ? String(body).replace("</body>", '<script src="probe.js" defer></script></body>') : body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    report,
    close: () => {
      clearTimeout(timer);
      server.closeAllConnections();
      server.close();
    },
  };
}

const first = (paths) => paths.find((path) => existsSync(path));
const miniBrowser = () => {
  for (const folder of existsSync("/usr/lib") ? readdirSync("/usr/lib") : [])
    for (const version of ["4.1", "4.0", "6.0"]) {
      const path = `/usr/lib/${folder}/webkit${version === "6.0" ? "gtk" : "2gtk"}-${version}/MiniBrowser`;
      if (existsSync(path)) return path;
    }
  return undefined;
};

const kEngines = [
  {
    name: "Firefox",
    packages: "firefox-esr",
    program: () => first(["/usr/bin/firefox-esr", "/usr/bin/firefox"]),
    command: (program, address, profile) => [program, "--headless", "--no-remote", "--profile", profile, address],
  },
  {
    name: "WebKit",
    packages: "webkit2gtk-driver xvfb",
    program: () => (existsSync("/usr/bin/xvfb-run") ? miniBrowser() : undefined),
    command: (program, address) => ["/usr/bin/xvfb-run", "-a", "-s", "-screen 0 1280x900x24", program, "--geometry=1280x900", address],
  },
];

for (const engine of kEngines)
  test(`${engine.name} loads the page, computes, and shows every figure`, async (t) => {
    const program = engine.program();
    if (!program) return t.skip(`not installed (Debian: apt-get install ${engine.packages})`);
    const profile = mkdtempSync(join(tmpdir(), "quantlens-engine-"));
    const server = await served(site);
    const [command, ...args] = engine.command(program, server.address, profile);
    // A group of its own: the browser's children end with it.
    const browser = spawn(command, args, {
      detached: true,
      stdio: "ignore",
      env: { ...process.env, HOME: profile, LIBGL_ALWAYS_SOFTWARE: "1", WEBKIT_DISABLE_COMPOSITING_MODE: "1", MOZ_CRASHREPORTER_DISABLE: "1" },
    });
    try {
      const began = performance.now();
      const seen = await server.report;
      t.diagnostic(`${engine.name}: ${((performance.now() - began) / 1000).toFixed(0)} s; ${seen.core ?? ""}; figures ${JSON.stringify(seen.chapters)}`);
      assert.deepEqual(seen.wrongs, []);
      assert.equal(seen.first, "0.01624");
      assert.match(seen.core, /^Core \d+\.\d+\.\d+/);
      assert.ok(Object.keys(seen.chapters).length > 15);
    } finally {
      try {
        process.kill(-browser.pid, "SIGKILL");
      } catch {}
      server.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });
