"""`python -m sing`, which torchrun uses: `torchrun --nproc-per-node 4 -m sing train ...`."""

from sing.cli import main

if __name__ == "__main__":
    main()
