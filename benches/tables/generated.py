"""Tables with known laws: what each function draws is its definition, with a fixed seed."""

import numpy as np
import pandas as pd

from table import Table

ROWS = 4000


def choose(rng, scores, names):
    """One name per row, with probabilities proportional to the exponentials of its scores."""
    gumbel = rng.gumbel(size=scores.shape)
    return np.array(names, dtype=object)[np.argmax(scores + gumbel, axis=1)]


def adult_like(rows=ROWS):
    """A census: text, counts, and a capital gain that is 0 in nine rows of ten."""
    rng = np.random.default_rng(101)
    skill, life = rng.normal(size=(2, rows))
    age = np.clip(np.round(17 + 20 * np.exp(0.55 * life)), 17, 90)
    years = np.clip(np.round(10 + 2.3 * skill + rng.normal(size=rows)), 1, 16)
    levels = np.array(["School", "High-school", "College", "Bachelor", "Graduate"], dtype=object)
    education = levels[np.digitize(years, [9, 10, 13, 14])]
    man = rng.random(rows) < 0.67
    grown = (age - 30) / 10
    marital = choose(
        rng,
        np.stack([1.2 - grown, 0.5 + 0.3 * grown, -1 + 0.2 * grown, -4 + 0.9 * grown], axis=1),
        ["Never-married", "Married", "Divorced", "Widowed"],
    )
    zero = np.zeros(rows)
    work = np.stack(
        [1.3 * skill, 0.9 * skill + 0.3, zero + 0.6, 1.2 * man - 0.5 * skill - 0.2]
        + [0.3 - 0.9 * man, zero - 0.1 - 0.3 * skill, 1.5 * man - 1.2 - 0.4 * skill],
        axis=1,
    )
    names = ["Professional", "Manager", "Sales", "Craft", "Clerical", "Service", "Transport"]
    occupation = choose(rng, work, names)
    spread = 41 + 3 * skill + 4 * man - 0.004 * (age - 45) ** 2 + 12 * rng.normal(size=rows)
    hours = np.where(rng.random(rows) < 0.45, 40, np.clip(np.round(spread), 1, 99))
    gain = np.round(np.exp(8.2 + 0.4 * skill + 0.9 * rng.normal(size=rows)))
    gain = np.where(rng.random(rows) < 0.9, 0, gain)
    married = marital == "Married"
    rich = 1.1 * skill + 1.4 * married + 0.03 * (hours - 40) + 0.02 * (age - 40) - 1.9
    rich = rich + 2.5 * (gain > 5000)
    income = np.where(rng.logistic(size=rows) < rich, ">50K", "<=50K")
    columns = dict(age=age, education=education, education_years=years, marital=marital)
    columns |= dict(occupation=occupation, sex=np.where(man, "Male", "Female"))
    columns |= dict(capital_gain=gain, hours=hours, income=income)
    return Table("adult_like", pd.DataFrame(columns), "income")


def lognormal(rows=ROWS):
    """Four log-normal columns whose logarithms correlate."""
    rng = np.random.default_rng(102)
    factors = np.array([[1, 0, 0, 0], [0.7, 0.7, 0, 0], [-0.5, 0.4, 0.8, 0], [0.3, -0.6, 0.2, 0.7]])
    logs = rng.normal(size=(rows, 4)) @ factors.T * [0.4, 0.8, 1.2, 1.6] + [0, 1, 3, 5]
    return Table("lognormal", pd.DataFrame(np.exp(logs), columns=list("abcd")), "b")


def counts_and_medians(rows=ROWS):
    """Districts of houses: skewed, capped and counted columns."""
    rng = np.random.default_rng(103)
    wealth, density, era = rng.normal(size=(3, rows))
    coast = rng.gamma(1.3, np.exp(0.6 - 0.3 * density), size=rows)
    income = np.clip(np.exp(1.25 + 0.45 * wealth), 0.5, 15)
    age = np.clip(np.round(28 + 10 * era + 5 * density), 1, 52)
    people = np.round(np.exp(7.0 + 0.6 * density + 0.4 * rng.normal(size=rows)))
    homes = np.maximum(1, np.round(people / (2.2 + rng.gamma(3, 0.3, size=rows))))
    rooms = np.maximum(1, np.round(homes * (4.6 + wealth + 0.6 * rng.normal(size=rows)).clip(1.5)))
    bedrooms = np.maximum(1, rng.binomial(rooms.astype(int), 0.2))
    logs = 11.9 + 0.45 * wealth - 0.25 * np.log1p(coast) + 0.004 * age
    value = np.round(np.exp(logs + 0.25 * rng.normal(size=rows)), -2).clip(15000, 500001)
    columns = dict(income=income, house_age=age, rooms=rooms, bedrooms=bedrooms, people=people)
    columns |= dict(homes=homes, coast_km=coast, house_value=value)
    return Table("counts_and_medians", pd.DataFrame(columns), "house_value")


def smooth10(rows=ROWS):
    """Ten columns from a mixture of five normal distributions with covariances of their own."""
    rng = np.random.default_rng(104)
    centres = 2.5 * rng.normal(size=(5, 10))
    shapes = rng.normal(size=(5, 10, 10)) / np.sqrt(10)
    of = rng.choice(5, size=rows, p=[0.35, 0.25, 0.2, 0.12, 0.08])
    values = centres[of] + np.einsum("nij,nj->ni", shapes[of], rng.normal(size=(rows, 10)))
    return Table("smooth10", pd.DataFrame(values, columns=[f"x{i}" for i in range(10)]), "x9")


def mixed_missing(rows=ROWS):
    """Numbers and text of which 30 % of the cells are absent, some of them because of their row."""
    rng = np.random.default_rng(105)
    kind = rng.choice(3, size=rows, p=[0.5, 0.3, 0.2])
    latent = rng.normal(size=rows) + kind
    columns = dict(
        size=np.exp(0.5 * latent + 0.3 * rng.normal(size=rows)),
        count=rng.poisson(np.exp(0.4 * latent)).astype(float),
        level=latent**2 + rng.normal(size=rows),
        angle=rng.uniform(0, 360, size=rows),
        colour=choose(rng, np.stack([latent, 0 * latent, -latent], axis=1), ["red", "green", "blue"]),
        kind=np.array(["metal", "wood", "glass"], dtype=object)[kind],
    )
    frame = pd.DataFrame(columns)
    for name in frame.columns[:-1]:
        share = 0.36 * np.where(latent > 0.5, 1.3, 0.7)  # `kind`, the target, is always there
        frame.loc[rng.random(rows) < share, name] = None
    return Table("mixed_missing", frame, "kind")


def sensors(rows=ROWS):
    """A log of a weather station: daily cycles, slow changes, and readings of an hour before."""
    rng = np.random.default_rng(106)

    def slow(memory):
        shocks = rng.normal(size=rows + 1) * np.sqrt(1 - memory**2)
        values = [rng.normal()]
        for shock in shocks[1:]:
            values.append(memory * values[-1] + shock)
        return np.array(values)

    hour = np.arange(rows + 1)
    day, front, cloud = hour / 24 * 2 * np.pi, slow(0.99), slow(0.9)
    light = np.maximum(0, np.sin(day)) * 900 / (1 + np.exp(cloud))
    noise = rng.normal(size=(3, rows + 1))
    celsius = 12 + 6 * np.sin(day - 0.8) + 4 * front + 0.004 * light + 0.3 * noise[0]
    humidity = np.clip(75 - 2 * (celsius - 12) + 9 * cloud + 2 * noise[1], 15, 100)
    pressure = 1013 - 7 * front + 0.4 * noise[2]
    volts = 3.3 + 0.0005 * light - 0.02 * slow(0.97)
    columns = dict(celsius=celsius, humidity=humidity, pressure=pressure, light=light, volts=volts)
    frame = pd.DataFrame({name: values[1:] for name, values in columns.items()})
    frame["celsius_before"], frame["light_before"] = celsius[:-1], light[:-1]
    return Table("sensors", frame.round(dict(humidity=0, light=0, light_before=0, volts=3)), "celsius")


ALL = [adult_like, lognormal, counts_and_medians, smooth10, mixed_missing, sensors]
