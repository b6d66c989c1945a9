/** Hands text or bytes to the browser to keep. Nothing leaves the machine. */
export function saveFile(name: string, type: string, parts: BlobPart[]): void {
  const link = document.createElement('a');
  const url = URL.createObjectURL(new Blob(parts, { type }));
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
