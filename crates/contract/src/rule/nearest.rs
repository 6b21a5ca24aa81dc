//! The known name that somebody who typed another one probably meant.

/// The nearest of `known` by edit distance (Levenshtein), case aside; `None` if even that differs by more than a third.
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed: Vec<char> = typed.to_lowercase().chars().take(100).collect();
    let distances =
        known.into_iter().map(|name| (distance(&typed, &name.to_lowercase().chars().take(100).collect::<Vec<_>>()), name));
    let (least, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (least <= (typed.len() / 3).max(1)).then_some(name)
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + usize::from(x != y)).min(left + 1).min(*above + 1);
            diagonal = std::mem::replace(above, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_enough_or_nothing() {
        let known = ["total_day_minutes", "age", "plan"];
        for (typed, meant) in [
            ("total_day_minute", Some("total_day_minutes")),
            ("Total_Day_Minutes", Some("total_day_minutes")),
            ("aeg", None),
            ("agee", Some("age")),
            ("plna", None),
            ("pan", Some("plan")),
            ("income", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
        assert_eq!(nearest("x", []), None);
    }
}
