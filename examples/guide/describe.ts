import { describeLoop } from 'loopchart/testing';
import { createMachine } from 'xstate';
import { Sum } from './sum.ts';

const sum = describeLoop(new Sum());
console.log(sum.text());
console.log(sum.mermaid());

const machine = createMachine(sum.machine());
console.log(`${machine.id}: ${Object.keys(machine.states).join(', ')}`);
