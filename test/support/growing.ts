/**
 * A list that has one item more each time that its last is read. It ends at some point, so that a test does which goes
 * through all of it.
 */
export function growing(most = 5000): unknown[] {
  const list: unknown[] = [];
  const add = () => {
    const at = list.length;
    const get = () => {
      if (list.length === at + 1 && at + 1 < most) add();
      return at;
    };
    Object.defineProperty(list, at, { enumerable: true, get });
  };
  add();
  return list;
}
