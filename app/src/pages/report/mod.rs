//! The explainability report: a document for somebody who signs, asks or objects; without the rail, clean on paper.

mod cases;
mod document;
mod groups;
mod matters;
mod page;

pub use cases::Story;
pub use matters::ImportanceFigure;
pub use page::ReportPage;
