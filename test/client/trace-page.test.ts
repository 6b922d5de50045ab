import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { traceHtml } from '../../client/trace/html';

const page = traceHtml({
  nonce: 'n0nce',
  cspSource: 'https://x',
  script: 'https://x/trace.js',
  style: 'https://x/t.css',
});

it('allows its own script and style and nothing else', () => {
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1];
  expect(policy).toBe(
    "default-src 'none'; style-src https://x; script-src 'nonce-n0nce'; base-uri 'none'; form-action 'none'",
  );
});

it('has no inline script or style, which the policy would refuse', () => {
  expect(page).not.toMatch(/\sstyle=|<style|\son\w+=/);
  for (const script of page.match(/<script[^>]*>/g) ?? []) expect(script).toContain('nonce="n0nce" src=');
});

it('sets text as text, never as HTML: it comes from patches', () => {
  for (const file of ['webview', 'lanes', 'state-table', 'elements']) {
    expect(readFileSync(`client/trace/${file}.ts`, 'utf8')).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML/);
  }
});
