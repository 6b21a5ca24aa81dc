//! Who may sign, how many signatures are needed, and for how long a request stands. Pure.

use crate::Actor;
use contract::role::Act;
use contract::time::DAY;
use contract::views::approvals::ApprovalState;
use contract::views::common::Allowed;

/// Signatures that a promotion needs.
pub const SIGNATURES: usize = 1;
/// A request that nobody has signed by then has to be made anew, on fresh evidence.
pub const STANDS: i64 = 14 * DAY;
/// Whoever signs enters their password again.
pub const ASKS_PASSWORD: bool = true;

/// What the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub state: ApprovalState,
    pub expired: bool,
    pub asked_by: &'a str,
    pub registered_by: &'a str,
    /// Whether this person has signed before.
    pub has_signed: bool,
}

/// Four eyes: neither who asked nor who registered the version signs, administrators included.
pub fn may_sign(who: &Actor, case: Case<'_>) -> Allowed {
    if case.state != ApprovalState::Open {
        return Allowed::no("The request has been decided already.");
    }
    if case.expired {
        return Allowed::no("The request has expired. Ask again, on fresh evidence.");
    }
    if !who.role.may(Act::Approve) {
        return Allowed::no(format!("Your role is {}; approvers sign.", who.role));
    }
    if who.id == case.registered_by {
        return Allowed::no("You registered this version: somebody else signs it.");
    }
    if who.id == case.asked_by {
        return Allowed::no("You asked for this promotion: somebody else signs it.");
    }
    if case.has_signed {
        return Allowed::no("You have signed this request.");
    }
    Allowed::yes()
}

/// Whoever asked may take it back, and an administrator.
pub fn may_withdraw(who: &Actor, case: Case<'_>) -> Allowed {
    if case.state != ApprovalState::Open {
        return Allowed::no("The request has been decided already.");
    }
    if who.id == case.asked_by || who.role.may(Act::ManagePeople) {
        Allowed::yes()
    } else {
        Allowed::no("Only who asked may withdraw it.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Role;

    #[test]
    fn four_eyes_are_four_eyes() {
        let open = Case { state: ApprovalState::Open, expired: false, asked_by: "lena", registered_by: "tom", has_signed: false };
        let who = |id: &str, role| Actor { id: id.into(), name: id.into(), role };
        for (id, role, case, may) in [
            ("ingrid", Role::Approver, open, true),
            ("nils", Role::Admin, open, true),
            ("lena", Role::Engineer, open, false),
            ("lena", Role::Approver, open, false),
            ("tom", Role::Admin, open, false),
            ("olga", Role::Oncall, open, false),
            ("amara", Role::Stakeholder, open, false),
            ("ingrid", Role::Approver, Case { has_signed: true, ..open }, false),
            ("ingrid", Role::Approver, Case { expired: true, ..open }, false),
            ("ingrid", Role::Approver, Case { state: ApprovalState::Approved, ..open }, false),
        ] {
            let allowed = may_sign(&who(id, role), case);
            assert_eq!(allowed.ok, may, "{id} {role} {case:?}");
            assert_eq!(allowed.why_not.is_none(), may);
        }
        assert!(may_withdraw(&who("lena", Role::Engineer), open).ok);
        assert!(!may_withdraw(&who("tom", Role::Engineer), open).ok);
        assert!(may_withdraw(&who("nils", Role::Admin), open).ok);
    }
}
