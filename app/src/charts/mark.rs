//! The marks a chart may make. Each is a class in `style/chart.css`; to the plotting library it is one reserved colour.

use plotters::style::RGBColor;

macro_rules! marks {
    ($($name:ident => $class:literal),* $(,)?) => {
        /// What a stroke, a surface or a word in a chart stands for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mark { $($name),* }

        impl Mark {
            const ALL: &[Mark] = &[$(Mark::$name),*];

            /// The classes that the style sheet draws.
            pub fn class(self) -> &'static str {
                match self { $(Mark::$name => $class),* }
            }
        }
    };
}

marks! {
    Plain => "", Grid => "grid", Axis => "axis",
    Subject => "subject", Reference => "reference", ReferenceThin => "reference thin",
    Band => "band", BandReference => "band-ref", Edge => "edge", Plan => "plan",
    Limit => "limit", Over => "over", Event => "event", Pin => "pin", PinBad => "pin bad",
    Dot => "dot", DotReference => "dot-ref", Whisker => "whisk", WhiskerReference => "whisk-ref",
    Bar => "bar", BarReference => "bar-ref", BarSoft => "bar-soft", BarOver => "hx",
    Series1 => "ser s1", Series2 => "ser s2", Series3 => "ser s3", Series4 => "ser s4", Series5 => "ser s5", Series6 => "ser s6",
    Fill1 => "f1", Fill2 => "f2", Fill3 => "f3", Fill4 => "f4",
    Heat0 => "h0", Heat1 => "h1", Heat2 => "h2", HeatOver => "hx", HeatNone => "hn",
    Hit => "hit", Settled => "settled",
    InkText => "ink-t", StrongText => "strong-t", SubjectText => "subject-t", ReferenceText => "ref-t",
    LimitText => "limit-t", LimitHalo => "limit-t halo", PinText => "pin-t", OverText => "on-over", MonoText => "mono-t",
    Series1Text => "f1 end-t", Series2Text => "f2 end-t", Series3Text => "f3 end-t",
    Series4Text => "f4 end-t", Series5Text => "f5 end-t", Series6Text => "f6 end-t",
}

impl Mark {
    /// The colour that stands for this mark while the library draws; it never reaches the page.
    pub fn colour(self) -> RGBColor {
        RGBColor(0, 0, Mark::ALL.iter().position(|mark| *mark == self).unwrap_or_default() as u8)
    }

    /// The mark a reserved colour stands for.
    pub fn of((_, _, index): (u8, u8, u8)) -> Mark {
        Mark::ALL.get(usize::from(index)).copied().unwrap_or(Mark::Plain)
    }

    /// Line of the `n`th of up to six things compared, from 0.
    pub fn series(n: usize) -> Mark {
        use Mark::*;
        [Series1, Series2, Series3, Series4, Series5, Series6][n % 6]
    }

    /// Colour of the words at the end of a line.
    pub fn label(self) -> Mark {
        use Mark::*;
        match self {
            Subject | Dot | Bar => SubjectText,
            Limit => LimitText,
            Series1 => Series1Text,
            Series2 => Series2Text,
            Series3 => Series3Text,
            Series4 => Series4Text,
            Series5 => Series5Text,
            Series6 => Series6Text,
            _ => ReferenceText,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_colour_finds_its_mark_again() {
        for mark in Mark::ALL {
            let RGBColor(r, g, b) = mark.colour();
            assert_eq!(Mark::of((r, g, b)), *mark);
        }
    }
}
