"""Masters -> references, cases, credit; what students get (release); how well the checks judge (assess)."""
