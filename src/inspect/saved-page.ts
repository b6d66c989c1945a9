/*
 * The inspector's page in one file has a place for recordings. What is saved there is gzipped, in base64: no text of a
 * recording can end the script that it lies in, or be taken for a part of the page.
 */

/** Where recordings go. The page finds the first by this id, others by `recording-2` and so on. */
export const recordingPlace = '<script type="application/gzip" id="recording"></script>';

/** The most bytes of gzipped recordings: a browser holds the base64 of one as one text, and none much longer than that. */
export const mostZipped: number = 256 * 1024 * 1024;

/** What is saved in a page. */
export interface SavedPage {
  /** The first is the one that is shown; others are there to be compared with it. */
  recordings: readonly SavedRecording[];
  /** How the page looks at it: the words of a link, `pane=plots&seq=120`. */
  view: string;
  /** What lays out charts, gzipped, as base64. Only a recording with a chart of another machine needs it. */
  layout?: readonly string[];
}

/** A recording that is saved in a page. */
export interface SavedRecording {
  name: string;
  /** Gzipped, as pieces of base64. */
  base64: readonly string[];
}

/**
 * The text of a page with recordings in it, in pieces.
 * @param template the page in one file, without a recording
 * @throws Error where that is another file
 */
export function savedPage(template: string, { recordings, view, layout }: SavedPage): string[] {
  // The build has marked what is the page's own.
  const place = recordingPlace.replace('<script', '<script data-own=""');
  const at = template.indexOf(place);
  if (at < 0) throw new Error('expected the page in one file to have a place for a recording, found none');
  const pieces = [template.slice(0, at)];
  for (const [index, { name, base64 }] of recordings.entries()) {
    const said = { 'data-name': name, ...(index === 0 && { 'data-view': view }) };
    pieces.push(...block(index === 0 ? 'recording' : `recording-${index + 1}`, said, base64));
  }
  if (layout !== undefined) pieces.push(...block('layout', {}, layout));
  return [...pieces, template.slice(at + place.length)];
}

function block(id: string, attributes: Record<string, string>, base64: readonly string[]): string[] {
  const said = Object.entries(attributes).map(([name, text]) => ` ${name}="${disguised(text)}"`);
  return [`<script data-own="" type="application/gzip" id="${id}"${said.join('')}>`, ...base64, '</script>\n'];
}

function disguised(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
