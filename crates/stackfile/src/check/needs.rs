//! What services need: others that exist, and no circle.

use super::checker::{Checker, Refused};
use super::read::nearest;
use super::stack::RawServices;
use crate::raw::RawService;
use crate::spanned::Spanned;

/// The services that one needs, by index.
type Needs<'a> = Vec<Vec<(usize, &'a Spanned<String>)>>;

impl Checker<'_> {
    pub(super) fn check_needs(&self, services: &RawServices) {
        let Ok(needs) = self.resolved(services) else { return };
        let Some(circle) = circle(&needs) else { return };
        let name = |&service: &usize| services.get_index(service).map_or("", |(name, _)| name.get_ref());
        let [first, .., last] = circle.as_slice() else { return };
        let chain: Vec<_> = circle.iter().chain([first]).map(name).collect();
        let closing = needs[*last].iter().find(|(need, _)| need == first);
        self.fault(
            closing.map_or(0..0, |(_, text)| text.span()),
            format!("the needs go in a circle: {}; remove one of them", chain.join(" → ")),
        );
    }

    fn resolved<'a>(&self, services: &'a RawServices) -> Result<Needs<'a>, Refused> {
        let indices: std::collections::HashMap<&str, usize> =
            services.keys().enumerate().map(|(index, name)| (name.get_ref().as_str(), index)).collect();
        let resolve = |own: usize, need: &'a Spanned<String>| match indices.get(need.get_ref().as_str()) {
            Some(&index) if index == own => self.wrong(need.span(), "a service cannot need itself"),
            Some(&index) => Ok((index, need)),
            None => {
                let names: Vec<_> = services.keys().map(|key| key.get_ref().as_str()).collect();
                let near = nearest(need.get_ref(), &names).map(|near| format!("; did you mean `{near}`?"));
                self.wrong(
                    need.span(),
                    format!(
                        "no service has this name; there are {}{}",
                        names.join(", "),
                        near.unwrap_or_default()
                    ),
                )
            }
        };
        let of = |(own, service): (usize, &'a Result<RawService, Refused>)| {
            let needs = service.iter().flat_map(|service| &service.needs);
            needs.map(|need| resolve(own, need)).collect::<Vec<_>>()
        };
        // All of them are looked at before the first one that is wrong ends it.
        let resolved: Vec<_> = services.values().enumerate().map(of).collect();
        resolved.into_iter().map(|needs| needs.into_iter().collect()).collect()
    }
}

/// A circle of needs, if there is one: each needs the next, and the last the first.
fn circle(needs: &Needs) -> Option<Vec<usize>> {
    let mut needed_by = vec![vec![]; needs.len()];
    let mut unmet: Vec<usize> = needs.iter().map(Vec::len).collect();
    for (service, needs) in needs.iter().enumerate() {
        needs.iter().for_each(|&(need, _)| needed_by[need].push(service));
    }
    let mut startable: Vec<usize> = (0..needs.len()).filter(|&service| unmet[service] == 0).collect();
    while let Some(service) = startable.pop() {
        for &next in &needed_by[service] {
            unmet[next] -= 1;
            if unmet[next] == 0 {
                startable.push(next);
            }
        }
    }
    // Whoever has an unmet need has one that is unmet itself: following those leads into a circle.
    let mut next = unmet.iter().position(|&count| count > 0)?;
    let mut path = indexmap::IndexSet::new();
    while path.insert(next) {
        (next, _) = *needs[next].iter().find(|&&(need, _)| unmet[need] > 0)?;
    }
    Some(path.into_iter().skip_while(|&service| service != next).collect())
}
