"""Answers to notebook 03 that were copied, and honest ones that happen to be alike."""

from __future__ import annotations

OWN = {
    "3-2": """
def evaluate(model, batches):
    model.eval()
    summed = torch.zeros(())
    table = torch.zeros(2, dtype=torch.long)
    with torch.no_grad():
        for images, labels in batches:
            scores = model(images)
            summed = summed + F.nll_loss(scores.log_softmax(-1), labels, reduction="sum")
            hit = torch.eq(scores.topk(1).indices.squeeze(-1), labels)
            table += torch.tensor([int(hit.sum()), hit.numel()])
    hits, seen = table.tolist()
    return float(summed) / seen, hits / seen
""",
    "3-3": """
def overfit_one_batch(model, images, labels, steps):
    mover = torch.optim.SGD(model.parameters(), momentum=0.9, lr=0.1)
    measured = torch.empty(steps)
    for step in range(steps):
        measured[step] = train_step(model, images, labels, nn.CrossEntropyLoss(), mover)
    return [float(one) for one in measured]
""",
}
"""Right, and as nobody else writes it."""

RENAMED = {
    "3-2": '''
def evaluate(model, batches):
    """Mean loss and accuracy."""
    # はじめに評価モードにします
    model.eval()
    ctr = torch.zeros(2, dtype=torch.long)  # 正解した数と、全部の数
    acc_loss = torch.zeros(())
    with torch.no_grad():
        for x, t in batches:
            out = model(x)

            ok = torch.eq(out.topk(1).indices.squeeze(-1), t)
            ctr += torch.tensor([int(ok.sum()), ok.numel()])
            # 損失の合計
            acc_loss = acc_loss + F.nll_loss(out.log_softmax(-1), t, reduction='sum')
    n_ok, n_all = ctr.tolist()
    return float(acc_loss) / n_all, n_ok / n_all
''',
    "3-3": """
def overfit_one_batch(model, images, labels, steps):
    opt = torch.optim.SGD(model.parameters(), momentum=0.9, lr=0.1)
    ls = torch.empty(steps)

    for i in range(steps):  # 1 回ずつ
        ls[i] = train_step(model, images, labels, nn.CrossEntropyLoss(), opt)
    return [float(l) for l in ls]
""",
}
"""The same with other names, comments, layout and order of lines."""

LOOP = {
    "3-3": """
def overfit_one_batch(model, images, labels, steps):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(steps):
        losses.append(train_step(model, images, labels, criterion, optimizer))
    return losses
"""
}
"""Short, and what several write without having seen one another's."""

ESSAY = (
    "0.0001 だと、坂道をアリが歩くようなもので、4 エポックでは 1.9 までしか下がりませんでした。"
    "10 にすると、谷をまたいで反対の斜面に着地してしまい、損失は 2.3 のまま動きません。"
    "山なりに変えるのは、自転車をこぎ始めるときと止まるときに、ゆっくりにするのと同じだと思いました。"
)
ESSAY_CHANGED = (
    "0.0001 だと坂道をアリが歩くようなもので、4 エポックでは 1.9 までしか下がらなかったです。"
    "10 にすると、谷をまたいで反対の斜面に着地してしまって、損失は 2.3 のまま動きませんでした。"
    "山なりに変えるのは自転車をこぎ始めるときと止まるときにゆっくりにするのと同じだと考えました。"
)

ALIKE = frozenset(
    frozenset(pair)
    for pair in (
        ("another style", "lost metadata and marks"),
        ("an own way", "copied, with other names and comments"),
        ("an own way", "copied in half"),
        ("copied, with other names and comments", "copied in half"),
        ("an own essay", "an essay copied and touched up"),
    )
)
"""The pairs of notebook 03 that must be found, by what is special about each."""

MAY_BE_ALIKE = frozenset({frozenset(("all wrong", "3-2 wrong"))})
"""One wrong answer of middling length twice: it depends on the rest of the class."""
