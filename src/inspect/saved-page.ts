/*
 * The inspector's page in one file has a place for a recording. What is saved there is gzipped, in base64: no text of a
 * recording can end the script that it lies in, or be taken for a part of the page.
 */

/** Where the recording goes. The page finds it by its id. */
export const recordingPlace = '<script type="application/gzip" id="recording"></script>';
/** The same once the build has marked what is the page's own. */
const markedPlace = recordingPlace.replace('<script', '<script data-own');

/** The most bytes of a gzipped recording: a browser holds its base64 as one text, and none longer than twice as much. */
export const mostZipped: number = 256 * 1024 * 1024;

/** What is saved beside the recording. */
export interface SavedPage {
  /** What the recording is called. */
  name: string;
  /** How the page looks at it: the words of a link, `pane=plots&seq=120`. */
  view: string;
  /** What lays out charts, gzipped, in base64. Only a recording with a chart of another machine needs it. */
  layout?: string;
}

/**
 * What stands before and behind the recording in a page that is saved.
 * @param template the page in one file, without a recording
 * @throws Error where that is another file
 */
export function aroundRecording(template: string, { name, view, layout }: SavedPage): [before: string, behind: string] {
  const at = template.indexOf(markedPlace);
  if (at < 0) throw new Error('Expected the page in one file to have a place for a recording, found none');
  const open = markedPlace.slice(0, markedPlace.indexOf('>'));
  const extra =
    layout === undefined ? '' : `<script data-own type="application/gzip" id="layout">${layout}</script>\n    `;
  return [
    `${template.slice(0, at)}${extra}${open} data-name="${attribute(name)}" data-view="${attribute(view)}">`,
    template.slice(at + markedPlace.indexOf('</')),
  ];
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
