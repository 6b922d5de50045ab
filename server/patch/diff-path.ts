/**
 * File names as diffs write them: `a/` and `b/` prefixes, quoted names, time stamps, foreign top folders.
 * A name is only a name here: nothing opens it.
 */

/** Top folders of a kernel tree: what is left of a foreign prefix such as `linux-7.3.orig/` ends at one of these. */
const TOP =
  /(?:^|\/)((?:arch|block|crypto|Documentation|drivers|fs|include|init|io_uring|ipc|kernel|lib|mm|net|rust|samples|scripts|security|sound|tools|usr|virt)\/.*)$/;

/** The path inside the tree, or null for `/dev/null`. `raw` is what stands behind `--- `, `+++ ` or in `diff --git`. */
export function cleanPath(raw: string): string | null {
  const name = unquote(
    raw
      .replace(/\t.*$/, '')
      .replace(/\s+\d{4}-\d\d-\d\d \d\d:.*$/, '')
      .trim(),
  );
  if (name === '/dev/null' || name === '') return null;
  if (/^[abciow]\//.test(name)) return name.slice(2);
  return TOP.exec(name)?.[1] ?? name.replace(/^\.\//, '');
}

/** Whether a path leaves the tree: absolute, with a drive letter, or with a `..` step. */
export function leavesTree(path: string | null): boolean {
  return (
    path !== null && (/^(\/|\\|[A-Za-z]:)/.test(path) || /(^|[/\\])\.\.([/\\]|$)/.test(path) || path.includes('\0'))
  );
}

/** The two names of a `diff --git` line (without that word); both null if they can't be told apart. */
export function gitPaths(rest: string): { old: string | null; new: string | null } {
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)\s*$/.exec(rest.trim());
  if (quoted) return { old: cleanPath(quoted[1] ?? ''), new: cleanPath(quoted[2] ?? '') };
  // Names with blanks are not quoted by git; both halves are then equal but for the prefix.
  const middle = rest.trim().indexOf(' b/');
  if (middle < 0) return { old: null, new: null };
  return { old: cleanPath(rest.trim().slice(0, middle)), new: cleanPath(rest.trim().slice(middle + 1)) };
}

/** Undoes git's C-style quoting (`"a/\303\251.c"`). */
function unquote(name: string): string {
  if (!/^".*"$/.test(name)) return name;
  const bytes: number[] = [];
  const body = name.slice(1, -1);
  const plain: Record<string, number> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11 };
  for (let at = 0; at < body.length; at++) {
    const char = body[at] ?? '';
    if (char !== '\\') {
      bytes.push(...Buffer.from(char, 'utf8'));
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(body.slice(at + 1))?.[0];
    if (octal) {
      bytes.push(Number.parseInt(octal, 8) & 255);
      at += octal.length;
    } else {
      const next = body[++at] ?? '';
      bytes.push(plain[next] ?? next.charCodeAt(0));
    }
  }
  return Buffer.from(bytes).toString('utf8');
}
