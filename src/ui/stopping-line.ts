/** What a signal has set off; without it a run seems to hang until the parts on their way have had their time. */
export function stoppingLine(isTerminal: boolean): string {
  const second = isTerminal ? 'Ctrl-C once more' : 'a second signal';
  return `stopping: parts on their way get three more seconds, ${second} ends at once`;
}
