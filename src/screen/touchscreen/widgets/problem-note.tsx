import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';

interface ProblemNoteProps {
  readonly problem: { readonly code: string; readonly facts: Readonly<Record<string, string>> };
  /** What is said about the money, if anything. */
  readonly money?: string;
  /** What to do, when that is known better than from the problem alone. */
  readonly todo?: string;
}

/** A problem that does not end the order: what happened and what to do. */
export function ProblemNote({ problem, money = '', todo }: ProblemNoteProps) {
  const { sentence } = useScreen();
  const said = sentence(problem);
  return (
    <div class="note" role="alert" data-testid="problem" data-code={problem.code}>
      <Icon name="warning" />
      <div>
        <p class="note__what">{said.what}</p>
        {money !== '' && <p>{money}</p>}
        <p>{todo ?? said.todo}</p>
      </div>
    </div>
  );
}
