const answer = await fetch('/api/hello');
document.getElementById('answer').textContent = `The API answers: ${await answer.text()}`;
