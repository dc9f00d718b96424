"""Makes the CSV files beside this script; sources and licences stand in ../README.md.

Not needed to draw the gallery: the files are part of the repository. To make them again:

    pip install scikit-learn pandas palmerpenguins vega_datasets
    python gallery/data/make_data.py
"""

from pathlib import Path

import numpy as np
import pandas as pd
from palmerpenguins import load_penguins
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import (
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    train_test_split,
    validation_curve,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from vega_datasets import data as vega

from plotkit.runs.smoothing import smoothed

HERE = Path(__file__).parent


def save(name: str, table: pd.DataFrame) -> None:
    table.to_csv(HERE / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
    print(f"{name}.csv: {len(table)} rows")


def penguins() -> None:
    columns = {
        "species": "species",
        "sex": "sex",
        "bill_length_mm": "bill length (mm)",
        "flipper_length_mm": "flipper length (mm)",
        "body_mass_g": "body mass (g)",
    }
    save("penguins", load_penguins()[list(columns)].rename(columns=columns))


def employment() -> None:
    found = vega.us_employment()
    month = pd.to_datetime(found["month"])
    jobs = found["nonfarm"] / 1000
    save("jobs", pd.DataFrame({"month": found["month"], "jobs (millions)": jobs}))

    names = {
        "mining_and_logging": "mining and logging",
        "construction": "construction",
        "durable_goods": "durable goods",
        "nondurable_goods": "non-durable goods",
        "wholesale_trade": "wholesale trade",
        "retail_trade": "retail trade",
        "transportation_and_warehousing": "transport",
        "utilities": "utilities",
        "information": "information",
        "financial_activities": "finance",
        "professional_and_business_services": "business services",
        "education_and_health_services": "education and health",
        "leisure_and_hospitality": "leisure and hospitality",
        "other_services": "other services",
        "government": "government",
    }
    quarters = found[month.dt.month % 3 == 0].set_index("month")[list(names)]
    index = quarters / quarters.iloc[0] * 100
    table = index.rename(columns=names).reset_index()
    save("sectors", table.melt("month", var_name="sector", value_name="jobs (March 2006 = 100)"))


def electricity() -> None:
    found = vega.iowa_electricity()
    found["net_generation"] /= 1000
    save(
        "electricity",
        found.rename(columns={"net_generation": "generation (TWh)"}),
    )


def weather() -> pd.DataFrame:
    found = vega.seattle_weather()
    columns = {
        "date": "date",
        "precipitation": "rain (mm)",
        "temp_max": "warmest (°C)",
        "temp_min": "coldest (°C)",
        "wind": "wind (m/s)",
    }
    table = found[list(columns)].rename(columns=columns)
    save("weather", table)
    return table


def rain(weather: pd.DataFrame) -> None:
    """Whether it rains tomorrow, learnt on 2012 to 2014, said for each day of 2015."""
    day = weather["date"].dt.day_of_year * 2 * np.pi / 365.25
    known = weather.drop(columns="date").assign(
        season=np.sin(day), half_year=np.cos(day), rain_before=weather["rain (mm)"].shift(1)
    )
    tomorrow = (weather["rain (mm)"].shift(-1) > 0).astype(int)
    usable = known.notna().all(axis=1) & (weather.index < len(weather) - 1)
    train = usable & (weather["date"].dt.year < 2015)
    test = usable & (weather["date"].dt.year == 2015)
    models = {
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
        "random forest": RandomForestClassifier(400, min_samples_leaf=5, random_state=0),
        "decision tree": DecisionTreeClassifier(min_samples_leaf=10, random_state=0),
    }
    parts = []
    for name, model in models.items():
        score = model.fit(known[train], tomorrow[train]).predict_proba(known[test])[:, 1]
        parts.append(
            pd.DataFrame({"model": name, "rain": tomorrow[test], "score": np.round(score, 4)})
        )
    save("rain", pd.concat(parts))

    gains = []
    for part in parts:
        by_score = part.groupby("score")["rain"].agg(["size", "sum"]).sort_index(ascending=False)
        days = np.append(0, by_score["size"].cumsum() / len(part))
        found = np.append(0, by_score["sum"].cumsum() / part["rain"].sum())
        gains.append(
            pd.DataFrame(
                {
                    "model": part["model"].iloc[0],
                    "share of all days": days,
                    "share of the rainy days": found,
                }
            )
        )
    save("rain_gains", pd.concat(gains))


def digits() -> None:
    x, y = load_digits(return_X_y=True)
    fit_x, test_x, fit_y, test_y = train_test_split(x, y, test_size=0.3, random_state=0, stratify=y)
    model = make_pipeline(PCA(4), StandardScaler(), LogisticRegression()).fit(fit_x, fit_y)
    scores = pd.DataFrame(np.round(model.predict_proba(test_x), 4), columns=[*"0123456789"])
    scores.insert(0, "digit", test_y)
    scores.insert(1, "predicted", model.predict(test_x))
    save("digits_scores", scores)

    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    parts = []
    for name, model in {
        "support vectors": SVC(),
        "random forest": RandomForestClassifier(100, random_state=0),
        "naive Bayes": GaussianNB(var_smoothing=0.05),
    }.items():
        rows, _, found = learning_curve(
            model,
            x,
            y,
            cv=folds,
            train_sizes=np.linspace(0.05, 1, 12),
            shuffle=True,
            random_state=0,
        )
        parts.append(
            pd.DataFrame(
                {
                    "model": name,
                    "training rows": rows,
                    "accuracy": found.mean(axis=1),
                    "lowest": found.min(axis=1),
                    "highest": found.max(axis=1),
                }
            )
        )
    save("learning_curve", pd.concat(parts))

    gammas = np.logspace(-6, -1, 21)
    train, test = validation_curve(SVC(), x, y, param_name="gamma", param_range=gammas, cv=folds)
    save(
        "validation_curve",
        pd.DataFrame(
            {"gamma": gammas, "training": train.mean(axis=1), "validation": test.mean(axis=1)}
        ),
    )

    losses = {}
    for name, options in {
        "Adam": {"solver": "adam"},
        "SGD, momentum 0.9": {"solver": "sgd", "momentum": 0.9},
        "SGD, momentum 0.5": {"solver": "sgd", "momentum": 0.5},
        "SGD": {"solver": "sgd", "momentum": 0},
    }.items():
        network = make_pipeline(
            StandardScaler(),
            MLPClassifier(
                (64,),
                learning_rate_init=0.005,
                max_iter=60,
                tol=0,
                n_iter_no_change=100,
                random_state=0,
                **options,
            ),
        )
        losses[name] = network.fit(fit_x, fit_y)[-1].loss_curve_
    save("training_loss", pd.DataFrame({"epoch": range(1, 61), **losses}))

    models = {
        "support vectors": SVC(),
        "nearest neighbours": KNeighborsClassifier(),
        "random forest": RandomForestClassifier(200, random_state=0),
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        "naive Bayes": GaussianNB(var_smoothing=0.05),
        "decision tree": DecisionTreeClassifier(random_state=0),
    }
    rows = [
        {"model": name, "fold": number, "accuracy": score}
        for name, model in models.items()
        for number, score in enumerate(cross_val_score(model, x, y, cv=folds), 1)
    ]
    save("digits_models", pd.DataFrame(rows))

    found = cross_val_predict(models["decision tree"], x, y, cv=folds)
    measures = precision_recall_fscore_support(y, found)[:2]
    rows = [
        {"digit": digit, "measure": name, "value": values[digit]}
        for digit in range(10)
        for name, values in zip(("precision", "recall"), measures, strict=True)
    ]
    save("digits_measures", pd.DataFrame(rows))


def batches() -> None:
    """Two networks learn digits batch by batch: the loss of each, and how sure one becomes."""
    x, y = load_digits(return_X_y=True)
    fit_x, test_x, fit_y, test_y = train_test_split(x, y, test_size=0.3, random_state=0, stratify=y)
    scale = StandardScaler().fit(fit_x)
    fit_x, test_x = scale.transform(fit_x), scale.transform(test_x)
    lines, cells = [], []
    edges = np.linspace(0, 1, 26)
    for name, options in {
        "Adam": {"solver": "adam", "learning_rate_init": 0.002},
        "SGD": {"solver": "sgd", "learning_rate_init": 0.02},
    }.items():
        draws, losses = np.random.default_rng(0), []
        network = MLPClassifier((32,), random_state=0, **options)
        for step in range(400):
            batch = draws.choice(len(fit_x), 16, replace=False)
            network.partial_fit(fit_x[batch], fit_y[batch], classes=np.arange(10))
            losses.append(network.loss_)
            if name == "Adam" and step % 10 == 0:
                sure = network.predict_proba(test_x)[np.arange(len(test_y)), test_y]
                count = np.histogram(sure, edges)[0]
                cells.append(
                    pd.DataFrame(
                        {
                            "batch": step,
                            "until": step + 10,
                            "probability of the right digit": edges[:-1],
                            "up to": edges[1:],
                            "digits": count,
                            "share of the digits": count / count.sum(),
                        }
                    )
                )
        for part, values in (("smoothed", smoothed(losses, 0.9)), ("raw", losses)):
            lines.append(
                pd.DataFrame({"batch": range(400), "loss": values, "part": part, "solver": name})
            )
    save("batches", pd.concat(sorted(lines, key=lambda line: line["part"][0], reverse=True)))
    found = pd.concat(cells)
    save("certainty", found[found["digits"] > 0])


def tumours() -> None:
    found = load_breast_cancer()
    fit_x, test_x, fit_y, test_y = train_test_split(
        found.data, found.target, test_size=0.4, random_state=0, stratify=found.target
    )
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(fit_x, fit_y)
    lost = permutation_importance(model, test_x, test_y, n_repeats=100, random_state=0)
    table = pd.DataFrame(
        {"measurement": found.feature_names, "accuracy lost": lost.importances_mean}
    )
    save("importance", table.nlargest(12, "accuracy lost"))


def wine() -> None:
    x, y = load_wine(return_X_y=True)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    found = cross_val_predict(KNeighborsClassifier(5), x, y, cv=folds)
    names = np.array(["Barolo", "Grignolino", "Barbera"])
    save("wine", pd.DataFrame({"grape": names[y], "predicted": names[found]}))


if __name__ == "__main__":
    penguins()
    employment()
    electricity()
    rain(weather())
    digits()
    batches()
    tumours()
    wine()
