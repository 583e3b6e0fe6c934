//! What services need: others that exist, and no circle.

use indexmap::IndexMap;
use toml::Spanned;

use super::stack::Checker;
use crate::StackFileError;
use crate::raw::RawService;

impl Checker<'_> {
    pub(super) fn check_needs(
        &self,
        services: &IndexMap<Spanned<String>, RawService>,
    ) -> Result<(), StackFileError> {
        let index_of = |name: &str| services.keys().position(|key| key.get_ref() == name);
        for (name, service) in services {
            for need in &service.needs {
                if index_of(need.get_ref()).is_none() {
                    let names: Vec<_> = services.keys().map(|key| key.get_ref().as_str()).collect();
                    return self.wrong(
                        need.span(),
                        format!("no service has this name; there are {}", names.join(", ")),
                    );
                }
                if need.get_ref() == name.get_ref() {
                    return self.wrong(need.span(), "a service cannot need itself");
                }
            }
        }
        // Whoever can be reached from one of its own needs stands in a cycle.
        for (start, (name, service)) in services.iter().enumerate() {
            for need in &service.needs {
                let mut path = vec![];
                let mut seen = vec![false; services.len()];
                if let Some(first) = index_of(need.get_ref())
                    && leads_to(services, first, start, &mut seen, &mut path, &index_of)
                {
                    let chain: Vec<_> = path
                        .iter()
                        .filter_map(|&i| services.get_index(i))
                        .map(|(n, _)| n.get_ref().as_str())
                        .collect();
                    return self.wrong(
                        need.span(),
                        format!(
                            "the needs go in a circle: {} → {}; remove one of them",
                            name.get_ref(),
                            chain.join(" → ")
                        ),
                    );
                }
            }
        }
        Ok(())
    }
}

/// Follows the needs from one service, by index; `path` is the way to `to` if there is one.
fn leads_to(
    services: &IndexMap<Spanned<String>, RawService>,
    from: usize,
    to: usize,
    seen: &mut [bool],
    path: &mut Vec<usize>,
    index_of: &impl Fn(&str) -> Option<usize>,
) -> bool {
    path.push(from);
    if from == to {
        return true;
    }
    if !std::mem::replace(&mut seen[from], true)
        && let Some((_, service)) = services.get_index(from)
    {
        for need in service.needs.iter().filter_map(|need| index_of(need.get_ref())) {
            if leads_to(services, need, to, seen, path, index_of) {
                return true;
            }
        }
    }
    path.pop();
    false
}
