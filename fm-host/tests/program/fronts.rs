//! Quality against cost: `fm front` trains once, measures, marks the Pareto sets and draws.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::*;

const QUICK: &str = "--class label --columns x,y --widths 8 --layers 2 --quick --draws 1 --out out";

#[test]
fn a_front_is_trained_measured_and_drawn() {
    let d = directory();
    table(&d);
    let line = format!("front table.csv {QUICK} --objectives distill,meanflow,fm,fm:ot --mhz 100");
    let said = json(&good(&d, &format!("{line} --json")));
    let points = said["points"].as_array().expect("a list");
    // For both number formats: three Euler and two Heun points for each of two models, three MeanFlow points,
    // and one jump.
    assert_eq!(points.len(), 2 * (2 * (3 + 2) + 3 + 1));
    let paired =
        |point: &&Value| (&point["objective"], &point["coupling"]) == (&"fm".into(), &"ot".into());
    assert_eq!(points.iter().filter(paired).count(), 2 * (3 + 2));
    let number = |point: &Value, name: &str| {
        point[name].as_f64().unwrap_or_else(|| panic!("no number {name}: {point}"))
    };
    for point in points {
        let width = 8.0;
        // Two inputs and outputs, two layers of eight, and two gains.
        assert_eq!(point["size"], "8x2");
        let macs = number(point, "evaluations") * (2.0 * width + width * width + 2.0 * width + 2.0);
        assert_eq!(number(point, "macs"), macs);
        let name =
            format!("{}-{}.fm", point["model"].as_str().unwrap(), point["dtype"].as_str().unwrap());
        let blob = d.path().join("out/models").join(name);
        assert_eq!(point["flash_bytes"], fs::metadata(&blob).unwrap().len());
        let line = format!("inspect {} --json", blob.display());
        let cycles = number(&json(&good(&d, &line)), "m4f_cycles_estimate");
        let time = number(point, "evaluations") * cycles / 100e3;
        assert!((number(point, "m4f_ms") / time - 1.0).abs() < 1e-12, "{point}");
        for name in ["w2", "sw2", "energy", "accuracy"] {
            let above = number(point, name) - number(point, &format!("{name}_floor"));
            // Parsing a printed number may change its last bit.
            assert!((number(point, &format!("{name}_above")) - above).abs() < 1e-12, "{point}");
        }
    }
    // Exactly the points that no other point beats are marked, and no point ranks better than real data.
    for cost in ["evaluations", "macs", "m4f_ms", "flash_bytes"] {
        // In halves of the standard deviation of real data's score.
        let away = |point: &Value| {
            (number(point, "c2st") - number(point, "c2st_floor"))
                / number(point, "c2st_floor_spread")
        };
        let place = |point: &Value| (number(point, cost), (2.0 * away(point)).round().max(0.0));
        for point in points {
            let (price, value) = place(point);
            let beaten = points
                .iter()
                .map(place)
                .any(|(p, v)| (p < price && v <= value) || (p <= price && v < value));
            assert_eq!(point[format!("pareto_{cost}")], !beaten, "{cost}: {point}");
        }
    }
    assert_eq!(said["by"], "c2st");
    let close =
        |point: &&Value| number(point, "evaluations") == 1.0 && number(point, "c2st") <= 0.55;
    let sizes = points.iter().filter(close).map(|point| number(point, "flash_bytes"));
    let smallest = sizes.reduce(f64::min);
    assert_eq!(said["smallest_one_step"]["flash_bytes"].as_f64(), smallest);
    // The figures are equal to those of `fm eval` for the same draw.
    let eval = "eval out/models/meanflow-8x2-q8.fm --data table.csv --class label --columns x,y";
    let row = &json(&good(&d, &format!("{eval} --steps 2 --json")))["rows"][0];
    let same = |point: &&Value| {
        (&point["model"], &point["dtype"], &point["steps"])
            == (&"meanflow-8x2".into(), &"q8".into(), &2.into())
    };
    assert_eq!(points.iter().find(same).expect("measured")["w2"], row["w2"]);

    let out = d.path().join("out");
    let csv = fs::read_to_string(out.join("front.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + points.len());
    assert!(csv.starts_with("model,objective,coupling,size,parameters,dtype,solver,steps,"));
    let markdown = fs::read_to_string(out.join("front.md")).unwrap();
    assert!(markdown.contains("100 MHz") && markdown.contains("| distill-8x2"), "{markdown}");
    assert!(markdown.contains("c2st sd away") && markdown.contains("ks_worst"), "{markdown}");
    // The files say that this is a preview.
    assert!(markdown.matches("`--quick`").count() == 2, "{markdown}");
    assert!(fs::read_to_string(out.join("front.svg")).unwrap().contains("flow matching, OT pairs"));
    assert!(fs::metadata(out.join("front.png")).unwrap().len() > 5000);

    // The second time, nothing is trained or measured, and the files are the same.
    let files = ["csv", "json", "md", "svg", "png"].map(|end| out.join(format!("front.{end}")));
    let bytes = || files.each_ref().map(|path| fs::read(path).unwrap());
    let (before, first) = (written(&out), bytes());
    let again = format!("{line} --json");
    assert_eq!(json(&good(&d, &again)), said);
    assert!(written(&out) == before && bytes() == first);
    // Damaged and missing files are measured again; the others are unchanged.
    let mut kept = before.keys().filter(|path| path.extension().is_some_and(|e| e == "draws"));
    let [damaged, gone] = [kept.next().unwrap(), kept.next().unwrap()];
    let mut content = fs::read(damaged).unwrap();
    *content.last_mut().unwrap() ^= 1;
    fs::write(damaged, content).unwrap();
    fs::remove_file(gone).unwrap();
    assert_eq!(json(&good(&d, &again)), said);
    let after = written(&out);
    let changed: Vec<&PathBuf> =
        before.keys().filter(|path| after[*path] != before[*path]).collect();
    assert_eq!(changed, [damaged, gone]);
    assert_eq!(bytes(), first);
    // Another objective reuses the existing measurements.
    let line = format!("front table.csv {QUICK} --objectives meanflow,reflow,fm");
    let output = fm(&d).args(words(&line)).output().expect("the program starts");
    let [shown, told] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(shown.contains("real data") && out.join("runs/reflow-8x2").exists(), "{shown}");
    // The first line and the last say that this is a preview.
    let look = |line: Option<&str>| line.is_some_and(|line| line.contains("not a result"));
    assert!(look(told.lines().next()) && look(shown.lines().last()), "{told}{shown}");
    let after = written(&out);
    assert!(
        before.keys().all(|path| [damaged, gone].contains(&path) || after[path] == before[path])
    );
    // Only a trained run.
    let said =
        json(&good(&d, &format!("front table.csv {QUICK} --run out/runs/meanflow-8x2 --json")));
    assert_eq!(said["points"].as_array().unwrap().len(), 6);
}

/// The modification times of all training logs and measurements.
fn written(out: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let list = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let logs = list(out.join("runs")).map(|run| run.join("log.jsonl"));
    let files = logs.chain(list(out.join("measured")));
    files.map(|path| (path.clone(), fs::metadata(path).unwrap().modified().unwrap())).collect()
}

/// A condition vector needs its own coupling, and columns with few values need another figure.
#[test]
fn a_front_minds_the_condition_and_the_columns() {
    let d = directory();
    table(&d);
    let line =
        "front table.csv --columns x,y,c --condition d --widths 8 --layers 1 --quick --draws 2";
    let said = json(&good(&d, &format!("{line} --out out --json")));
    // The column c has seven values, and a classifier detects all numbers between them.
    assert_eq!(said["by"], "joint_energy");
    let points = said["points"].as_array().expect("a list");
    for name in ["fm-8x1", "fm-c2ot-8x1", "meanflow-8x1", "reflow-8x1", "distill-8x1"] {
        assert!(points.iter().any(|point| point["model"] == name), "{name}");
    }
    assert!(points.iter().all(|point| point["fd20_sd"].as_f64().unwrap() > 0.0));
}

#[test]
fn what_a_front_cannot_do_is_said() {
    let d = directory();
    table(&d);
    let line = format!("front table.csv {QUICK}");
    assert!(bad(&d, &format!("{line} --objectives distill")).contains("--teacher"));
    assert!(bad(&d, &format!("{line} --objectives fm:on")).contains("c2ot"));
    assert!(bad(&d, &format!("{line} --objectives fm --teacher x")).contains("reflow and distill"));
    assert!(bad(&d, &format!("{line} --by fd20")).contains("c2st or w2"));
    assert!(bad(&d, &format!("{line} --by joint-energy")).contains("--condition"));
    assert!(bad(&d, &format!("{line} --mhz 0")).contains("--mhz"));
    assert!(bad(&d, &format!("{line} --draws 0")).contains("--draws"));
    good(&d, &format!("train moons --objective fm --out moons {SMALL}"));
    assert!(bad(&d, &format!("{line} --run moons")).contains("must be trained on the rows"));
}
