/** What was saved within the page itself, gzipped, as base64. */
export interface Embedded {
  /** What it is called. */
  name: string;
  /** How the page was looking at it: the words of a link. */
  view: string;
  bytes(): ReadableStream<Uint8Array>;
}

/** So many signs are turned to bytes at a time: a multiple of four, which are three bytes. */
const PORTION = 1 << 19;

/** The recordings that lie in the document; none in a page that was not saved with one. */
export function embeddedRecordings(): Embedded[] {
  const all: Embedded[] = [];
  for (let next = embedded('recording'); next; next = embedded(`recording-${all.length + 1}`)) all.push(next);
  return all;
}

/** What lies in the document under an id; nothing where the page was saved without. */
export function embedded(id: 'layout' | 'recording' | `recording-${number}`): Embedded | undefined {
  const element = document.getElementById(id);
  const { name = '', view = '' } = element?.dataset ?? {};
  // The page in one file has a place for it before anything is there.
  return element?.firstChild ? { name, view, bytes: () => bytesOf(element.textContent) } : undefined;
}

function bytesOf(base64: string): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= base64.length) return controller.close();
      const portion = atob(base64.slice(at, at + PORTION));
      at += PORTION;
      const bytes = new Uint8Array(portion.length);
      for (let i = 0; i < portion.length; i++) bytes[i] = portion.charCodeAt(i);
      controller.enqueue(bytes);
    },
  });
}
