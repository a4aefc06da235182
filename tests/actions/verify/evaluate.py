"""Expressions evaluated inside the verifier's runtime, as an Action would see them."""

import json

from phonefleet.actions.verify.corpus import corpus
from tests.actions.verify.run_once import run_program


def evaluate_all(expressions):
    """The values of all expressions (awaited), in order; an exception becomes ``threw NAME: MESSAGE``."""
    code = f"""exports.onExecuteSendPhoneMessage = async () => {{
      const values = [];
      for (const text of {json.dumps(expressions)}) {{
        try {{ const value = await eval(text); values.push(value === undefined ? null : value); }}
        catch (error) {{ values.push(`threw ${{error.name}}: ${{error.message}}`); }}
      }}
      throw new Error(JSON.stringify(values));
    }};"""
    outcome = run_program(code, corpus(1))
    assert outcome.raw, outcome
    return json.loads(outcome.trace(0).error[1])


def evaluate(expression):
    """The value of one expression."""
    return evaluate_all([expression])[0]


def observe(body, answers="ok", top=""):
    """What an Action's ``body`` returns from inside a run whose network gives ``answers``."""
    from dataclasses import replace

    message = corpus(1)[0]
    message = replace(message, kind=replace(message.kind, answers=answers))
    code = f"""{top}
    exports.onExecuteSendPhoneMessage = async (event, api) => {{
      const seen = await (async () => {{ {body} }})();
      throw new Error(JSON.stringify(seen === undefined ? null : seen));
    }};"""
    trace = run_program(code, [message]).trace(0)
    return trace.error[1] if trace.error is None or trace.error[0] != "Error" else json.loads(trace.error[1])
