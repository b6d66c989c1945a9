import { groupsOf, type LoopTree } from './tree.ts';

/**
 * A tree of loops as a state diagram of Mermaid, which GitHub and many editors draw: of each loop, the hooks that it has
 * of its own in the order in which they are called, and its children within its step.
 */
export function mermaidOf(tree: LoopTree): string {
  let count = 0;
  const [root] = groupsOf([tree]);
  return ['stateDiagram-v2', ...loop(root!.first, root!.title).map((line) => `  ${line}`), ''].join('\n');

  function loop(one: LoopTree, title: string): string[] {
    const id = `loop${++count}`;
    const has = (hook: string) => one.hooks.includes(hook);
    const node = (hook: string) => `${id}_${hook}`;
    const named = (hook: string) => `state "${hook}" as ${node(hook)}`;
    const steps = ['onAdvanceStart', 'advance', 'onAdvanceEnd'].filter(has);
    const along = [
      'reset',
      ...(has('onRunStart') ? ['onRunStart'] : []),
      'step',
      ...(has('onRunEnd') ? ['onRunEnd'] : []),
    ];
    const lines = [
      ...along.filter((hook) => hook !== 'step').map(named),
      ...block(`state "each step" as ${node('step')}`, [
        ...stepsOf(steps.map((hook) => ({ hook, node: node(hook) }))),
        ...groupsOf(one.children).flatMap((group) => loop(group.first, group.title)),
      ]),
      ...chain(along.map(node)),
      `${node('step')} --> ${node('step')} : not done`,
    ];
    if (has('skip')) lines.push(...skipped(node('onSkip')));
    return block(`state "${escaped(title)}" as ${id}`, lines);
  }
}

/** A run may be left out as a whole. */
function skipped(onSkip: string): string[] {
  return [`state "onSkip" as ${onSkip}`, `[*] --> ${onSkip} : skip`, `${onSkip} --> [*]`];
}

function stepsOf(hooks: readonly { hook: string; node: string }[]): string[] {
  return [...hooks.map(({ hook, node }) => `state "${hook}" as ${node}`), ...chain(hooks.map(({ node }) => node))];
}

/** From the beginning through all of them to the end. */
function chain(nodes: readonly string[]): string[] {
  const places = ['[*]', ...nodes, '[*]'];
  return places.slice(1).map((place, i) => `${places[i]} --> ${place}`);
}

function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), '}'];
}

/** A quotation mark would end the text. */
function escaped(text: string): string {
  return text.replaceAll('"', '#quot;');
}
