//! Pictures of flows: what they show is read back from the SVG, and compared with the samples that `fm sample`
//! draws and with the velocities of the network.

use fm_host::model::StoredModel;
use fm_nostd::{Condition, Conditional, Draw, Field, Velocity};

use super::svg::{Element, Frame, GREY, Point, Svg, far};
use super::*;

/// Class colours, their light versions for dots under arrows and for trajectories, and other colours.
pub const CLASSES: [&str; 2] = ["#2E62A8", "#DD7421"];
const TINTS: [&str; 2] = ["#A7BDDA", "#F1C5A2"];
const NOISE: &str = "#969CA4";
pub const INK: &str = "#343A42";

/// A small model of two classes in `run`.
pub fn moons() -> TempDir {
    let d = directory();
    let line = "train moons --class label --objective fm --label-dropout 0.1 --out run";
    good(&d, &format!("{line} {SMALL}"));
    d
}

/// The rows of a file of samples with the number of their class, by its last column.
pub fn samples(d: &TempDir, line: &str) -> Vec<([f32; 2], usize)> {
    good(d, &format!("sample {line} --out samples.csv"));
    let text = fs::read_to_string(d.path().join("samples.csv")).expect("readable");
    let row = |line: &str| {
        let cells: Vec<f32> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        ([cells[0], cells[1]], cells.get(2).map_or(0, |class| *class as usize))
    };
    text.lines().skip(1).map(row).collect()
}

/// The noise that samples start from, in the data's units.
pub fn noise(stored: &StoredModel, seed: u64, count: u64) -> Vec<[f32; 2]> {
    let model = stored.view();
    let (mean, std): (Vec<f32>, Vec<f32>) = (model.mean().collect(), model.std().collect());
    let draw = |sample| {
        let mut x = vec![0.0; model.dim()];
        Draw { seed, sample }.fill(0, &mut x);
        [0, 1].map(|d| x[d] * std[d] + mean[d])
    };
    (0..count).map(draw).collect()
}

/// Checks that the dots of class colours in a frame are these places, each with its class.
fn check_dots(svg: &Svg, frame: &Frame, colours: [&str; 2], places: &[([f32; 2], usize)]) {
    let drawn = colours.map(|colour| svg.dots(colour, frame));
    // Pixels are rounded, so a place on an edge may be drawn or not.
    let (mut least, mut most) = ([0, 0], [0, 0]);
    for &(place, class) in places {
        let at = frame.pixel(place);
        most[class] += usize::from(frame.holds(at, 1.5));
        if !frame.holds(at, -1.5) {
            continue;
        }
        least[class] += 1;
        let nearest = drawn[class].iter().map(|&dot| far(dot, at)).fold(f64::INFINITY, f64::min);
        assert!(nearest < 1.6, "no dot of class {class} at {at:?}, but {nearest} away");
    }
    // One percent of the values of each axis is beyond its ends.
    let count = least[0] + least[1];
    assert!(count as f64 > 0.96 * places.len() as f64, "{count} of {}", places.len());
    for class in 0..2 {
        let count = drawn[class].len();
        assert!((least[class]..=most[class]).contains(&count), "{count}, {least:?} to {most:?}");
    }
}

#[test]
fn samples_lead_from_the_noise_to_the_samples() {
    let d = moons();
    let svg = Svg::plot(&d, "run --picture samples --count 300 --seed 5");
    for title in ["t = 0", "t = 0.25", "t = 0.5", "t = 0.75", "t = 1", "label 0", "label 1"] {
        assert!(svg.says(title), "{title} {:?}", svg.texts());
    }
    // The titles of the axes: below every panel, and beside the first.
    assert_eq!(svg.texts().iter().filter(|text| **text == "x").count(), 5);
    assert_eq!(svg.texts().iter().filter(|text| **text == "y").count(), 1);
    let frames = svg.frames();
    assert_eq!(frames.len(), 5);
    let end = samples(&d, "run --count 300 --seed 5");
    check_dots(&svg, &frames[4], CLASSES, &end);
    let stored = StoredModel::load(&d.path().join("run")).expect("a model");
    let start = noise(&stored, 5, 300).into_iter().zip(end.iter().map(|sample| sample.1));
    let start: Vec<_> = start.collect();
    check_dots(&svg, &frames[0], CLASSES, &start);
    // Half of a single Euler step is the middle between noise and sample.
    let svg = Svg::plot(&d, "run --picture samples --count 300 --seed 5 --steps 1 --at 0,0.5,1");
    let end = samples(&d, "run --count 300 --seed 5 --steps 1");
    let middle = start
        .iter()
        .zip(&end)
        .map(|((from, class), (to, _))| ([0, 1].map(|d| 0.5 * (from[d] + to[d])), *class));
    check_dots(&svg, &svg.frames()[1], CLASSES, &middle.collect::<Vec<_>>());
    // The same again is the same file, and another seed is not.
    let read = || fs::read(d.path().join("plot.svg")).unwrap();
    let first = read();
    Svg::plot(&d, "run --picture samples --count 300 --seed 5 --steps 1 --at 0,0.5,1");
    assert_eq!(read(), first);
    Svg::plot(&d, "run --picture samples --count 300 --seed 6 --steps 1 --at 0,0.5,1");
    assert_ne!(read(), first);
}

#[test]
fn trajectories_lead_from_the_noise_to_the_samples() {
    let d = moons();
    let svg = Svg::plot(&d, "run --picture trajectories --count 40 --seed 2");
    assert!(svg.says("64 Euler steps") && svg.says("1 Euler step") && svg.says("noise"));
    let frames = svg.frames();
    let stored = StoredModel::load(&d.path().join("run")).expect("a model");
    let start = noise(&stored, 2, 40);
    for (frame, line) in frames.iter().zip(["--steps 64", "--steps 1"]) {
        let end = samples(&d, &format!("run --count 40 --seed 2 {line}"));
        check_dots(&svg, frame, CLASSES, &end);
        assert_eq!(svg.dots(NOISE, frame).len(), 40);
        let lines = TINTS.map(|colour| svg.lines(colour, frame));
        assert_eq!(lines[0].len() + lines[1].len(), 40);
        for (from, (to, class)) in start.iter().zip(&end) {
            let ends = [frame.pixel(*from), frame.pixel(*to)];
            let same = |line: &&Vec<Point>| {
                far(line[0], ends[0]) < 1.6 && far(line[line.len() - 1], ends[1]) < 1.6
            };
            assert_eq!(lines[*class].iter().filter(same).count(), 1, "{ends:?}");
        }
    }
    for solver in ["rk4 --steps 7", "dopri5", "sde --steps 5", "heun --times 0,0.1,0.6,1"] {
        let line = format!("run --count 40 --seed 2 --solver {solver}");
        let svg = Svg::plot(&d, &format!("{line} --picture trajectories"));
        check_dots(&svg, &svg.frames()[0], CLASSES, &samples(&d, &line));
    }
    // A single step is a straight line; many steps turn.
    let points = |frame: &Frame| svg.lines(TINTS[0], frame).iter().map(Vec::len).max();
    assert!(points(&frames[0]) > Some(4), "{:?}", points(&frames[0]));
    assert_eq!(points(&frames[1]), Some(2));
}

#[test]
fn arrows_are_the_networks_velocities() {
    let d = moons();
    let stored = StoredModel::load(&d.path().join("run")).expect("a model");
    let model = stored.view();
    let (mean, std): (Vec<f32>, Vec<f32>) = (model.mean().collect(), model.std().collect());
    let hidden = || vec![0.0; model.network().shape().hidden];
    let mut field = Field::new(&model, [hidden(), hidden()], [0.0; 0]).expect("a field");
    let mut velocity = |t: f32, class: usize, place: [f32; 2], scale: f32| {
        let x = [0, 1].map(|d| (place[d] - mean[d]) / std[d]);
        let (mut v, mut null) = ([0.0; 2], [0.0; 2]);
        field.set_condition(Condition::Class(class)).expect("a class");
        field.velocity(t, &x, &mut v);
        field.set_condition(Condition::None).expect("labels were dropped");
        field.velocity(t, &x, &mut null);
        [0, 1].map(|d| std[d] * (null[d] + scale * (v[d] - null[d])))
    };
    for (line, scale) in [("run", 1.0), ("run --guidance 3", 3.0)] {
        let svg = Svg::plot(&d, &format!("{line} --at 0,0.5,1"));
        assert!(svg.says("velocity: the distance covered in Δt = 0.2"), "{:?}", svg.texts());
        let frames = svg.frames();
        assert_eq!(frames.len(), 3);
        for (frame, t) in frames.iter().zip([0.0, 0.5, 1.0]) {
            let dots = TINTS.map(|colour| svg.dots(colour, frame).len());
            assert!(dots[0] > 450 && dots[1] > 450, "{dots:?}");
            let mut count = 0;
            for (class, colour) in CLASSES.iter().enumerate() {
                for [from, to] in svg.arrows(colour, frame) {
                    let place = frame.place(from);
                    let v = velocity(t, class, place, scale);
                    let end = frame.pixel([0, 1].map(|d| place[d] + 0.2 * v[d]));
                    assert!(far(end, to) < 2.5, "{from:?} {to:?} {end:?}");
                    count += 1;
                }
            }
            assert!((40..=225).contains(&count), "one per cell at most: {count}");
        }
    }
}

#[test]
fn classes_part_and_the_curve_says_when() {
    let d = directory();
    let longer = "--batch 128 --steps 600 --hidden 16,16 --rows 4000";
    for (seed, out) in [(0, "run"), (1, "other")] {
        let line = format!("train moons --class label --objective fm --seed {seed} --out {out}");
        good(&d, &format!("{line} {longer}"));
    }
    good(&d, "plot run other --picture classes --count 400 --out plot.png");
    let line = "plot run other --picture classes --count 400 --seed 3 --json --out plot.svg";
    let said = json(&good(&d, line));
    let models = said["models"].as_array().expect("two");
    assert_eq!((models.len(), &models[1]["name"]), (2, &"other".into()));
    for model in models {
        let accuracy: Vec<f64> = serde_json::from_value(model["accuracy"].clone()).unwrap();
        // Noise does not tell the class: two hundred fair coins, four standard deviations.
        assert!((accuracy[0] - 0.5).abs() < 0.15 && accuracy.len() == 41, "{accuracy:?}");
        assert!(accuracy[40] > 0.8, "{accuracy:?}");
        let half = model["halfway"].as_f64().expect("they part");
        assert!((0.0..1.0).contains(&half));
        // The curve crosses the middle between chance and its end there.
        let middle = 0.5 * (model["chance"].as_f64().unwrap() + accuracy[40]);
        let k = (half * 40.0) as usize;
        assert!(accuracy[k] <= middle && middle <= accuracy[k + 1], "{accuracy:?}");
    }
    // The last value, from the samples themselves: five of the first half vote on each of the second.
    let stored = StoredModel::load(&d.path().join("run")).expect("a model");
    let std: Vec<f32> = stored.view().std().collect();
    let all = samples(&d, "run --count 400 --seed 3");
    let (voters, others) = all.split_at(200);
    let right = others.iter().filter(|(place, class)| {
        let square = |other: &[f32; 2]| -> f32 {
            (0..2).map(|d| ((place[d] - other[d]) / std[d]).powi(2)).sum()
        };
        let mut near: Vec<(f32, usize)> =
            voters.iter().map(|(other, class)| (square(other), *class)).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near[..5].iter().filter(|(_, other)| other == class).count() >= 3
    });
    let share = right.count() as f64 / 200.0;
    assert!((models[0]["accuracy"][40].as_f64().unwrap() - share).abs() < 1e-9);
    let svg = Svg::plot(&d, "run other --picture classes --count 400 --seed 3");
    let frames = svg.named("rect").filter(|rect| rect.is("stroke", GREY)).count();
    assert_eq!(frames, 2 * 5 + 1, "a row of panels per model, and the chart");
    for name in ["run", "other", "guessing"] {
        assert!(svg.says(name), "{:?}", svg.texts());
    }
    let curves = svg.named("polyline").filter(|line| line.is("stroke", INK)).map(Element::points);
    assert_eq!(curves.filter(|points| points.len() == 41).count(), 1, "the first is not dashed");
    for (k, name) in ["run", "other"].iter().enumerate() {
        let half = models[k]["halfway"].as_f64().unwrap();
        assert!(svg.says(&format!("{name}: halfway at t = {half:.2}")), "{:?}", svg.texts());
    }
}

#[test]
fn columns_conditions_and_kinds_of_models() {
    let d = directory();
    table(&d);
    let three = "train table.csv --columns x,y,c --class label --objective fm --out three";
    good(&d, &format!("{three} {SMALL}"));
    let svg = Svg::plot(&d, "three --columns c,x --class all --count 300");
    let texts = svg.texts();
    assert!(svg.says("label k2") && svg.says("c") && svg.says("x") && !svg.says("y"), "{texts:?}");
    assert!(
        svg.says("mean velocity of nearby samples: the distance covered in Δt = 0.2"),
        "{texts:?}"
    );
    assert!(svg.named("polygon").count() > 20);
    // One column is drawn over time: every trajectory starts at 0 and ends at 1.
    let svg = Svg::plot(&d, "three --columns x --count 20");
    let frames = svg.frames();
    assert!(svg.says("t") && frames.len() == 2);
    for colour in TINTS {
        for line in svg.lines(colour, &frames[0]) {
            let [start, end] = [line[0], line[line.len() - 1]].map(|at| frames[0].place(at)[0]);
            assert!(start.abs() < 0.01 && (end - 1.0).abs() < 0.01, "{start} {end}");
        }
    }
    let vector = "train table.csv --columns x,y --condition c,d --objective meanflow --out vector";
    good(&d, &format!("{vector} {SMALL}"));
    let svg = Svg::plot(&d, "vector --condition 3,0.5 --picture trajectories --count 30");
    assert!(svg.says("64 Euler steps") && svg.says("1 jump along the average velocity"));
    let end = samples(&d, "vector --condition 3,0.5 --count 30");
    let dots = svg.dots(CLASSES[0], &svg.frames()[1]);
    assert_eq!(dots.len(), end.len(), "in one colour, named in the legend");
    assert!(svg.says("sample"));
    // Sampling from a noise prediction starts later, and so do the panels.
    good(&d, &format!("train moons --objective ddpm --out ddpm {SMALL}"));
    let svg = Svg::plot(&d, "ddpm --count 50");
    assert!(svg.says("t = 0.01") && !svg.says("t = 0"));
    // A clamp moves samples, but not the noise.
    good(&d, "export three --clamp --out clamped.fm");
    let svg = Svg::plot(&d, "clamped.fm --picture samples --count 300");
    let plain = noise(&StoredModel::load(&d.path().join("three")).expect("a model"), 0, 300);
    let frame = &svg.frames()[0];
    let dots: Vec<Point> =
        ["#2E62A8", "#DD7421", "#32B482"].iter().flat_map(|c| svg.dots(c, frame)).collect();
    let shown = plain.iter().map(|&place| frame.pixel(place)).filter(|&at| frame.contains(at));
    let missing = shown.filter(|&at| !dots.iter().any(|&dot| far(dot, at) < 1.6)).count();
    assert_eq!(missing, 0);
}

#[test]
fn what_cannot_be_drawn_is_refused_with_the_way_out() {
    let d = moons();
    good(&d, &format!("train spirals --objective fm --out plain {SMALL}"));
    table(&d);
    good(&d, &format!("train table.csv --columns x,c --objective fm --out other {SMALL}"));
    let one = "train moons --objective distill --teacher plain --out jump --force";
    good(&d, &format!("train moons --objective fm --out teacher {SMALL}"));
    good(&d, &format!("{} {SMALL}", one.replace("plain", "teacher")));
    for (line, named) in [
        ("run --out a.jpg", ".svg"),
        ("run --out a.gif --picture field", ".png"),
        ("run --out a.png --picture animation", ".gif"),
        ("run --out a.png --columns x,z", "the columns are x, y"),
        ("run --out a.png --columns x,y,x", "two columns"),
        ("run --out a.png --columns x --picture samples", "trajectories"),
        ("run --out a.png --at 0,1.5", "--at"),
        ("run --out a.png --at nan", "--at"),
        ("run --out a.png --at 0,1 --picture trajectories", "--at"),
        ("run --out a.png --class 7", "--class"),
        ("run --out a.png --class 1 --picture classes", "several classes"),
        ("plain --out a.png --picture classes", "several classes"),
        ("plain other --out a.png", "columns differ"),
        ("plain --out a.png --guidance 2", "--label-dropout"),
        ("plain --out a.png --solver meanflow", "--solver"),
        ("run --out a.png --solver dopri5 --steps 4", "--tolerance"),
        ("jump --out a.png --picture field", "one jump"),
        ("jump --out a.png --picture samples --at 0,0.5,1", "use 0,1"),
        ("no-such-run --out a.png", "no-such-run"),
    ] {
        let error = bad(&d, &format!("plot {line}"));
        assert!(error.contains(named), "{line}: {error}");
    }
    assert!(!d.path().join("a.png").exists());
    // A guided velocity has no jump, so only its trajectories are drawn.
    let line = "train moons --class label --label-dropout 0.1 --objective meanflow --out guided";
    good(&d, &format!("{line} {SMALL}"));
    let svg = Svg::plot(&d, "guided --guidance 2 --picture trajectories --count 20");
    assert!(svg.says("64 Euler steps") && svg.frames().len() == 1);
    // What a single jump has is drawn without being asked for.
    let svg = Svg::plot(&d, "jump --count 30");
    assert!(svg.says("1 jump") && svg.frames().len() == 1);
}
