r"""
# Annotated neural networks

Small, complete PyTorch implementations, each explained line by line beside its code.

## How to read it

Every page is one source file. Its comments and docstrings are set as text, and each passage stands beside
the code that it explains: read down the text for the idea, and look across for how it is done.

* A formula such as $y = \gamma x + \beta$ uses the symbols of the paper that the page is about. The text says
  which variable holds which symbol.
* A comment such as `# (N, G, 1)` at the end of a line is the shape of the tensor that the line makes.
* The language menu at the top shows the same page in another language. Formulas and code stay as they are,
  and a passage that nobody has translated yet is shown in English.

The code on a page is the code that runs, with nothing left out, and every layer is tested against PyTorch's
own, in its values and in its gradients.

## Pages

* [Normalization layers](normalization/__init__.py): what they have in common, and how they differ
    * [Batch normalization](normalization/batch_norm/__init__.py): one mean and variance for each channel of the
      whole batch
    * [Layer normalization](normalization/layer_norm/__init__.py): one mean and variance for each sample
    * [Instance normalization](normalization/instance_norm/__init__.py): one mean and variance for each channel of
      a sample
    * [Group normalization](normalization/group_norm/__init__.py): one mean and variance for each group of
      channels of a sample
    * [In fused kernels](normalization/group_norm/fused.py): the same on a GPU, by counting bytes
    * [The paper in brief](normalization/group_norm/readme.md): what was measured, and when to use it
* [Experiments](experiments/__init__.py): what the layers do in networks that learn, measured
"""
