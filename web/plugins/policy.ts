// The content security policy. Nothing may be loaded from, or sent to, any other place; scripts and styles that stand in
// the page itself are named by their hash.
import { createHash } from "node:crypto";

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const contentsOf = (html: string, pattern: RegExp): string[] =>
  [...html.matchAll(pattern)].map((match) => match[1] ?? "");

export function policyFor(html: string, kind: "folder" | "single"): string {
  const scripts = contentsOf(
    html,
    /<script(?![^>]*\b(?:src|type="application)[=/])[^>]*>([\s\S]*?)<\/script>/g,
  ).map(hashOf);
  const styles = contentsOf(html, /<style[^>]*>([\s\S]*?)<\/style>/g).map(hashOf);
  const own = kind === "folder" ? ["'self'"] : [];
  const rules: Record<string, string[]> = {
    "default-src": ["'none'"],
    "script-src": [...own, "'wasm-unsafe-eval'", ...scripts],
    "style-src": [...own, ...styles],
    // Positions that follow from data, and what MathML needs, are style attributes; they can load nothing.
    "style-src-attr": ["'unsafe-inline'"],
    "img-src": [...own, "data:"],
    "connect-src": kind === "folder" ? ["'self'"] : ["'none'"],
    "worker-src": [...own, "blob:"],
    "manifest-src": kind === "folder" ? ["'self'"] : ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
  };
  return Object.entries(rules)
    .map(([name, values]) => `${name} ${values.join(" ")}`)
    .join("; ");
}

/** Puts the policy in as the first thing of the head. */
export const withPolicy = (html: string, kind: "folder" | "single"): string =>
  html.replace(
    "<!--policy-->",
    `<meta http-equiv="Content-Security-Policy" content="${policyFor(html, kind)}">`,
  );
