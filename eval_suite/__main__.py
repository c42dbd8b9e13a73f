"""`python -m eval_suite`, which torchrun uses: `torchrun ... -m eval_suite metrics ...`."""

from eval_suite.cli import main

if __name__ == "__main__":
    main()
