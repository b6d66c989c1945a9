const tasks = new Set<() => void>();

/**
 * Has something done when this process ends. All of it hangs on one listener: Node warns of a leak where a process has
 * more than ten, and a program may have hundreds of inspectors and recorders.
 * @returns what takes it back
 */
export function atExit(task: () => void): () => void {
  if (tasks.size === 0) process.on('exit', runTasks);
  tasks.add(task);
  return () => {
    if (tasks.delete(task) && tasks.size === 0) process.off('exit', runTasks);
  };
}

function runTasks(): void {
  for (const task of [...tasks]) {
    try {
      task();
    } catch {
      // It is too late to tell anybody, and the rest is to be done as well. What is thrown here would change the exit code.
    }
  }
}
