import { arrowsOf, boxesOf } from '../drawing/statechart.ts';
import type { StateNodeJson } from '../lines/line.ts';

/** The chart in Mermaid's language, which READMEs and issues draw. */
export function mermaid(root: StateNodeJson): string {
  const boxes = boxesOf(root);
  const lines = ['stateDiagram-v2'];
  const safe = (id: string) => id.replace(/\W/g, '_');
  const plain = (text: string) => text.replace(/[:;\n]/g, ' ');
  const inside = (parent: string | undefined, indent: string) => {
    for (const box of boxes.filter((one) => one.parent === parent)) {
      const nested = boxes.some((one) => one.parent === box.id);
      lines.push(`${indent}state "${box.name}" as ${safe(box.id)}${nested ? ' {' : ''}`);
      if (nested) {
        inside(box.id, `${indent}  `);
        lines.push(`${indent}}`);
      }
      if (box.initial) lines.push(`${indent}[*] --> ${safe(box.id)}`);
      if (box.final) lines.push(`${indent}${safe(box.id)} --> [*]`);
      for (const note of box.notes) {
        if (note.text.startsWith('any')) continue;
        lines.push(`${indent}${safe(box.id)} --> ${safe(box.id)} : ${plain(note.text)}`);
      }
    }
  };
  inside(undefined, '  ');
  for (const arrow of arrowsOf(root, boxes)) {
    for (const event of arrow.events) lines.push(`  ${safe(arrow.from)} --> ${safe(arrow.to)} : ${plain(event.text)}`);
  }
  return `${lines.join('\n')}\n`;
}
