r"""
# Experiments

What the layers do in a network that learns. Each experiment is one command, prints what it measured, and gives
the same result again for the same seed on the same machine.

They need PyTorch, and the first one scikit-learn for its images. In a clone of the repository:

```sh
.venv/bin/pip install -e '.[torch]'
export PYTHONPATH=src
```

* [Batch size](batch_size.py): batch and group normalization with ever smaller batches, on a CPU in minutes
* [CIFAR-10](cifar10.py): the data set, a VGG-style network and its training, for experiments to build on
    * [CIFAR-10 with group normalization](../normalization/group_norm/experiment.py): the command that trains it
"""
