/**
 * What is copied from the page is exact: while the text is taken, each number that was shortened to be read stands there
 * with all its digits.
 */
export function startCopying(): void {
  addEventListener('copy', (event) => {
    const selection = getSelection();
    if (!selection?.rangeCount || selection.isCollapsed || !event.clipboardData) return;
    // What is selected in a field is copied as it is.
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
    const shortened = [...document.querySelectorAll<HTMLElement>('[data-exact]')].filter((element) =>
      selection.containsNode(element, true),
    );
    if (!shortened.length) return;
    event.clipboardData.setData('text/plain', exactText(selection, shortened));
    event.preventDefault();
  });
}

function exactText(selection: Selection, shortened: readonly HTMLElement[]): string {
  const range = selection.getRangeAt(0);
  const { startContainer, startOffset, endContainer, endOffset } = range;
  // Of a number that is selected in part, all of it is meant.
  for (const element of shortened) {
    if (element.contains(startContainer)) range.setStartBefore(element);
    if (element.contains(endContainer)) range.setEndAfter(element);
  }
  const texts = shortened.flatMap(({ dataset, firstChild }) =>
    firstChild instanceof Text ? [{ node: firstChild, shown: firstChild.data, exact: dataset.exact! }] : [],
  );
  try {
    for (const { node, exact } of texts) node.data = exact;
    return selection.toString();
  } finally {
    // Before anything is drawn.
    for (const { node, shown } of texts) node.data = shown;
    selection.setBaseAndExtent(startContainer, startOffset, endContainer, endOffset);
  }
}
