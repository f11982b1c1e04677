"""An independent replayer of Doudi determinations, written from the documents of the project and not from its engine.

It needs Python 3.9 or later and nothing but the standard library. Read in this order:

    canonical    the byte form of JSON                     src/rules/SEMANTICS.md 1
    values       numbers, months, areas, missing, errors   src/rules/SEMANTICS.md 2, 5
    civil        dates and working days                    src/rules/SEMANTICS.md 6
    facts        a facts document as columns               src/rules/SEMANTICS.md 3
    law          documents resolved for one area           src/rules/SEMANTICS.md 7, 8, 9
    expressions, operators, aggregates                     src/rules/SEMANTICS.md 4, 5, 6
    evaluation   clauses on demand, and the trace          src/rules/SEMANTICS.md 8, 10, 11
    decide       from the law to the determination         src/rules/DECIDE.md
    record       entries, commitments, proofs              src/log/FORMAT.md
    compare      the first difference, and its cause
"""
