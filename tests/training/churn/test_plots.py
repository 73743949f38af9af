import io

import numpy as np
import pandas as pd

from training.churn import plots


def test_every_picture_is_drawn_even_for_a_handful_of_customers() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"probability": rng.random(7), "churned": [0, 1, 0, 0, 1, 0, 1]})
    drawn = plots.draw({"model": frame, "recency": frame.assign(probability=0.3)}, {"silence": 0.7, "visits": 0.3})
    for name, figure in drawn.items():
        file = io.BytesIO()
        figure.savefig(file, format="png")
        assert name.endswith(".png")
        assert len(file.getvalue()) > 5000
