//! Missing cells: which texts stand for "no value".

/// The texts that mean a missing cell unless `--missing` names others.
pub(super) const USUAL: [&str; 9] = ["NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?"];

/// The texts that mean a missing cell.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    texts: Vec<String>,
    /// The numbers among them, which may be written in other ways: -999 as -999.0.
    numbers: Vec<f64>,
}

impl Missing {
    /// The texts that the user named, or the usual ones. An empty cell is always missing, and so is a number that is
    /// not a number.
    pub fn new(named: Option<&[String]>) -> Self {
        let usual = || USUAL.map(str::to_owned).to_vec();
        let mut texts = named.map_or_else(usual, <[String]>::to_vec);
        texts.push(String::new());
        let numbers = texts.iter().filter_map(|text| text.parse().ok());
        let numbers = numbers.filter(|number: &f64| number.is_finite()).collect();
        Self { texts, numbers }
    }

    /// Whether a text means a missing cell.
    pub fn is_text(&self, text: &str) -> bool {
        self.texts.iter().any(|missing| missing == text)
    }

    /// Whether some of the texts are numbers.
    pub fn has_numbers(&self) -> bool {
        !self.numbers.is_empty()
    }

    /// Whether a number means a missing cell.
    pub fn is_number(&self, number: f64) -> bool {
        self.numbers.contains(&number) || number.is_nan()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_texts_replace_the_usual_ones() {
        let usual = Missing::new(None);
        assert!(usual.is_text("") && usual.is_text("?") && usual.is_number(f64::NAN));
        assert!(!usual.is_text("0") && !usual.is_number(-999.0));
        let named = Missing::new(Some(&["-999".to_owned()]));
        assert!(named.is_text("-999") && named.is_number(-999.0));
        assert!(
            named.is_text("") && named.is_number(f64::NAN),
            "there is no other way to have no value"
        );
        assert!(!named.is_text("NA") && !named.is_text("?"));
    }
}
