/** Tells text from what can't be a patch at all, by its first bytes. Knows nothing of what the text says. */

const SIGNATURES: readonly { readonly bytes: readonly number[]; readonly what: string }[] = [
  { bytes: [0xff, 0xd8, 0xff], what: 'a JPEG image' },
  { bytes: [0x89, 0x50, 0x4e, 0x47], what: 'a PNG image' },
  { bytes: [0x47, 0x49, 0x46, 0x38], what: 'a GIF image' },
  { bytes: [0x25, 0x50, 0x44, 0x46], what: 'a PDF document' },
  { bytes: [0x1f, 0x8b], what: 'gzip-compressed; unpack it first' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'xz-compressed; unpack it first' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'zstd-compressed; unpack it first' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: 'a ZIP archive; unpack it first' },
  { bytes: [0x7f, 0x45, 0x4c, 0x46], what: 'an ELF binary' },
];

const SAMPLE = 8192;

/** One sentence why the input can't be read as text, or null. */
export function unusableReason(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'The input is empty.';
  const known = SIGNATURES.find((s) => s.bytes.every((byte, index) => bytes[index] === byte));
  if (known) return `The input is not text: it is ${known.what}.`;
  if (utf16Encoding(bytes)) return null;
  const sample = bytes.subarray(0, SAMPLE);
  let control = 0;
  let visible = 0;
  for (const byte of sample) {
    if (byte < 32 && !(byte >= 8 && byte <= 13) && byte !== 27) control++;
    else if (byte > 32) visible++;
  }
  if (control * 20 > sample.length) return 'The input is not text: it holds binary data.';
  if (visible === 0 && bytes.length <= SAMPLE) return 'The input holds nothing but white space.';
  return null;
}

/** The UTF-16 flavour that a byte order mark announces, or null. */
export function utf16Encoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return null;
}
