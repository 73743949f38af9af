"""One method for each operation of the service.

Generated from the OpenAPI document of the service; `REGULARS_WRITE_DOCS=1 pytest tests/docs` writes it anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from regulars_client import types
from regulars_client._operation import Operation, body_of, listed

CHURN: Final = Operation("churn", "POST", "/v1/churn", False)
RECOMMENDATIONS: Final = Operation("recommendations", "POST", "/v1/recommendations", False)
SIMILAR: Final = Operation("similar", "POST", "/v1/similar", False)
BUNDLES: Final = Operation("bundles", "POST", "/v1/bundles", False)
AUDIENCE: Final = Operation("audience", "POST", "/v1/audience", False)
DEMAND: Final = Operation("demand", "POST", "/v1/demand", False)
CUSTOMERS: Final = Operation("customers", "POST", "/v1/customers", False)
EVENTS: Final = Operation("events", "POST", "/v1/events", True)
FEEDBACK: Final = Operation("feedback", "POST", "/v1/feedback", True)
MODELS: Final = Operation("models", "GET", "/v1/models", False)
NEW_JOB: Final = Operation("new_job", "POST", "/v1/jobs", True)
JOBS: Final = Operation("jobs", "GET", "/v1/jobs", False)
JOB: Final = Operation("job", "GET", "/v1/jobs/{job_id}", False)
CANCEL_JOB: Final = Operation("cancel_job", "DELETE", "/v1/jobs/{job_id}", False)
HEALTH: Final = Operation("health", "GET", "/healthz", False)
READY: Final = Operation("ready", "GET", "/readyz", False)
OPERATIONS: Final = (
    CHURN,
    RECOMMENDATIONS,
    SIMILAR,
    BUNDLES,
    AUDIENCE,
    DEMAND,
    CUSTOMERS,
    EVENTS,
    FEEDBACK,
    MODELS,
    NEW_JOB,
    JOBS,
    JOB,
    CANCEL_JOB,
    HEALTH,
    READY,
)


class Calls(ABC):
    """Calls that wait."""

    @abstractmethod
    def _call(
        self, operation: Operation, body: dict[str, Any] | None, timeout: float | None, idempotency_key: str | None
    ) -> Any: ...

    def churn(
        self,
        customer_ids: Sequence[str],
        *,
        explain: bool = False,
        timeout: float | None = None,
    ) -> types.ChurnAnswer:
        """How likely customers are to buy nothing within the horizon.

        Args:
            customer_ids: at most 10,000 customer ids, each a string of 1 to 256 characters
            explain: true or false: whether each result gives its reasons
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "customer_ids": listed("customer_ids", customer_ids),
            },
            {
                "explain": (explain, False),
            },
        )
        answer: types.ChurnAnswer = self._call(CHURN, body, timeout, None)
        return answer

    def recommendations(
        self,
        *,
        customer_id: str | None = None,
        k: int = 10,
        mode: Literal["all", "new"] = "all",
        exclude: Sequence[str] = (),
        basket: Sequence[str] = (),
        region: str | None = None,
        diversity: float | None = None,
        context: types.RecommendationContext | None = None,
        timeout: float | None = None,
    ) -> types.RecommendationsAnswer:
        """Which products a customer buys next.

        Args:
            customer_id: a customer id, as a string; null for a guest
            k: an integer from 1 to 1000: how many products
            mode: 'all', or 'new' for products the customer never bought before
            exclude: at most 10,000 product ids (strings) that are left out
            basket: at most 1,000 product ids (strings) in the basket now
            region: a region as in the orders, as a string, or null
            diversity: how far the list follows the customer's own mix of categories, a number from 0 to 1; null: as recommendation.diversity says
            context: an object with the field adult (true or false)
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
            },
            {
                "customer_id": (customer_id, None),
                "k": (k, 10),
                "mode": (mode, "all"),
                "exclude": (listed("exclude", exclude), []),
                "basket": (listed("basket", basket), []),
                "region": (region, None),
                "diversity": (diversity, None),
                "context": (context, None),
            },
        )
        answer: types.RecommendationsAnswer = self._call(RECOMMENDATIONS, body, timeout, None)
        return answer

    def similar(
        self,
        product_id: str,
        *,
        k: int = 10,
        timeout: float | None = None,
    ) -> types.SimilarAnswer:
        """Which products are most like a product.

        Args:
            product_id: a product id, as a string
            k: an integer from 1 to 1000: how many products
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "product_id": product_id,
            },
            {
                "k": (k, 10),
            },
        )
        answer: types.SimilarAnswer = self._call(SIMILAR, body, timeout, None)
        return answer

    def bundles(
        self,
        product_id: str,
        *,
        k: int = 5,
        timeout: float | None = None,
    ) -> types.BundlesAnswer:
        """What is bought together with a product more often than chance has it.

        Args:
            product_id: a product id, as a string; also of a product that is not sold yet
            k: an integer from 1 to 1000: how many bundles
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "product_id": product_id,
            },
            {
                "k": (k, 5),
            },
        )
        answer: types.BundlesAnswer = self._call(BUNDLES, body, timeout, None)
        return answer

    def audience(
        self,
        product_id: str,
        *,
        size: int = 500,
        timeout: float | None = None,
    ) -> types.AudienceAnswer:
        """Which customers are most likely to buy a product, of those who may be contacted.

        Args:
            product_id: a product id, as a string; also of a product that is not sold yet
            size: an integer from 1 to 10000: how many customers
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "product_id": product_id,
            },
            {
                "size": (size, 500),
            },
        )
        answer: types.AudienceAnswer = self._call(AUDIENCE, body, timeout, None)
        return answer

    def demand(
        self,
        series: Sequence[Mapping[str, str]],
        *,
        horizon: int | None = None,
        quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
        scenario: types.ScenarioBody | None = None,
        explain: bool = False,
        timeout: float | None = None,
    ) -> types.DemandAnswer:
        """How many units sell on each of the coming days.

        Args:
            series: a list of at most 10,000 series, each an object with its key columns, as strings
            horizon: an integer from 1 to demand.horizon_days, or null for all of these days
            quantiles: different ones of 0.05, 0.25, 0.5, 0.75, 0.95
            scenario: an object with a price or a price_change, a promotion, or both; null: the forecast as planned
            explain: whether to say what makes up each mean, in units
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "series": listed("series", series),
            },
            {
                "horizon": (horizon, None),
                "quantiles": (listed("quantiles", quantiles), [0.05, 0.25, 0.5, 0.75, 0.95]),
                "scenario": (scenario, None),
                "explain": (explain, False),
            },
        )
        answer: types.DemandAnswer = self._call(DEMAND, body, timeout, None)
        return answer

    def customers(
        self,
        customer_ids: Sequence[str],
        *,
        profile: bool = False,
        timeout: float | None = None,
    ) -> types.CustomersAnswer:
        """RFM, segment, stage, health, expected value, next purchase, products due, consents; on request the whole profile.

        Args:
            customer_ids: at most 10,000 customer ids, each a string of 1 to 256 characters
            profile: true or false: whether each result has every described feature
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "customer_ids": listed("customer_ids", customer_ids),
            },
            {
                "profile": (profile, False),
            },
        )
        answer: types.CustomersAnswer = self._call(CUSTOMERS, body, timeout, None)
        return answer

    def events(
        self,
        events: Sequence[types.EventBody],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.EventsAnswer:
        """Tell what customers do; the next prediction shows purchases, views, carts, wishes and searches.

        Args:
            events: 1 to 10,000 events, each an object
            idempotency_key: names the request; made by the client where none is given
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "events": listed("events", events),
            },
            {
            },
        )
        answer: types.EventsAnswer = self._call(EVENTS, body, timeout, idempotency_key)
        return answer

    def feedback(
        self,
        prediction_id: str,
        outcome: Mapping[str, types.JsonValue],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.FeedbackAnswer:
        """Tell what came of a prediction.

        Args:
            prediction_id: the prediction_id of an answer: 32 hexadecimal digits
            outcome: an object with at least one entry, at most 20,000 characters as JSON
            idempotency_key: names the request; made by the client where none is given
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "prediction_id": prediction_id,
                "outcome": outcome,
            },
            {
            },
        )
        answer: types.FeedbackAnswer = self._call(FEEDBACK, body, timeout, idempotency_key)
        return answer

    def models(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ModelsAnswer:
        """The versions that matter now, their metrics and gates.

        Args:
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.ModelsAnswer = self._call(MODELS, body, timeout, None)
        return answer

    def new_job(
        self,
        model: Literal["churn", "recommendation", "demand"],
        *,
        format: Literal["parquet", "csv"] = "parquet",
        as_of: str | None = None,
        mode: Literal["all", "new"] | None = None,
        k: int | None = None,
        level: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.JobAnswer:
        """Predict for the whole population into a file.

        Args:
            model: 'churn', 'recommendation' or 'demand'
            format: 'parquet' or 'csv'
            as_of: the first day that is not known, as YYYY-MM-DD, or null: the shop's present
            mode: of recommendation: 'all', 'new' for products the customer never bought before, or null
            k: of recommendation: products per customer, an integer from 1 to 1000, or null
            level: of demand: the groups of a level of demand.levels, at most 256 characters, or null
            idempotency_key: names the request; made by the client where none is given
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "model": model,
            },
            {
                "format": (format, "parquet"),
                "as_of": (as_of, None),
                "mode": (mode, None),
                "k": (k, None),
                "level": (level, None),
            },
        )
        answer: types.JobAnswer = self._call(NEW_JOB, body, timeout, idempotency_key)
        return answer

    def jobs(
        self,
        *,
        timeout: float | None = None,
    ) -> types.JobsAnswer:
        """The jobs that this key asked for.

        Args:
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.JobsAnswer = self._call(JOBS, body, timeout, None)
        return answer

    def job(
        self,
        job_id: str,
        *,
        timeout: float | None = None,
    ) -> types.JobAnswer:
        """How a job stands.

        Args:
            job_id: the job_id of an answer: 32 hexadecimal digits
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.JobAnswer = self._call(JOB.at(job_id=job_id), body, timeout, None)
        return answer

    def cancel_job(
        self,
        job_id: str,
        *,
        timeout: float | None = None,
    ) -> types.JobAnswer:
        """Cancel a job.

        Args:
            job_id: the job_id of an answer: 32 hexadecimal digits
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.JobAnswer = self._call(CANCEL_JOB.at(job_id=job_id), body, timeout, None)
        return answer

    def health(
        self,
        *,
        timeout: float | None = None,
    ) -> types.Health:
        """Whether the process is alive.

        Args:
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.Health = self._call(HEALTH, body, timeout, None)
        return answer

    def ready(
        self,
        *,
        timeout: float | None = None,
    ) -> types.Ready:
        """Whether the service can answer.

        Args:
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.Ready = self._call(READY, body, timeout, None)
        return answer


class AsyncCalls(ABC):
    """Awaited calls."""

    @abstractmethod
    async def _call(
        self, operation: Operation, body: dict[str, Any] | None, timeout: float | None, idempotency_key: str | None
    ) -> Any: ...

    async def churn(
        self,
        customer_ids: Sequence[str],
        *,
        explain: bool = False,
        timeout: float | None = None,
    ) -> types.ChurnAnswer:
        """How likely customers are to buy nothing within the horizon.

        Args:
            customer_ids: at most 10,000 customer ids, each a string of 1 to 256 characters
            explain: true or false: whether each result gives its reasons
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "customer_ids": listed("customer_ids", customer_ids),
            },
            {
                "explain": (explain, False),
            },
        )
        answer: types.ChurnAnswer = await self._call(CHURN, body, timeout, None)
        return answer

    async def recommendations(
        self,
        *,
        customer_id: str | None = None,
        k: int = 10,
        mode: Literal["all", "new"] = "all",
        exclude: Sequence[str] = (),
        basket: Sequence[str] = (),
        region: str | None = None,
        diversity: float | None = None,
        context: types.RecommendationContext | None = None,
        timeout: float | None = None,
    ) -> types.RecommendationsAnswer:
        """Which products a customer buys next.

        Args:
            customer_id: a customer id, as a string; null for a guest
            k: an integer from 1 to 1000: how many products
            mode: 'all', or 'new' for products the customer never bought before
            exclude: at most 10,000 product ids (strings) that are left out
            basket: at most 1,000 product ids (strings) in the basket now
            region: a region as in the orders, as a string, or null
            diversity: how far the list follows the customer's own mix of categories, a number from 0 to 1; null: as recommendation.diversity says
            context: an object with the field adult (true or false)
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
            },
            {
                "customer_id": (customer_id, None),
                "k": (k, 10),
                "mode": (mode, "all"),
                "exclude": (listed("exclude", exclude), []),
                "basket": (listed("basket", basket), []),
                "region": (region, None),
                "diversity": (diversity, None),
                "context": (context, None),
            },
        )
        answer: types.RecommendationsAnswer = await self._call(RECOMMENDATIONS, body, timeout, None)
        return answer

    async def similar(
        self,
        product_id: str,
        *,
        k: int = 10,
        timeout: float | None = None,
    ) -> types.SimilarAnswer:
        """Which products are most like a product.

        Args:
            product_id: a product id, as a string
            k: an integer from 1 to 1000: how many products
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "product_id": product_id,
            },
            {
                "k": (k, 10),
            },
        )
        answer: types.SimilarAnswer = await self._call(SIMILAR, body, timeout, None)
        return answer

    async def bundles(
        self,
        product_id: str,
        *,
        k: int = 5,
        timeout: float | None = None,
    ) -> types.BundlesAnswer:
        """What is bought together with a product more often than chance has it.

        Args:
            product_id: a product id, as a string; also of a product that is not sold yet
            k: an integer from 1 to 1000: how many bundles
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "product_id": product_id,
            },
            {
                "k": (k, 5),
            },
        )
        answer: types.BundlesAnswer = await self._call(BUNDLES, body, timeout, None)
        return answer

    async def audience(
        self,
        product_id: str,
        *,
        size: int = 500,
        timeout: float | None = None,
    ) -> types.AudienceAnswer:
        """Which customers are most likely to buy a product, of those who may be contacted.

        Args:
            product_id: a product id, as a string; also of a product that is not sold yet
            size: an integer from 1 to 10000: how many customers
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "product_id": product_id,
            },
            {
                "size": (size, 500),
            },
        )
        answer: types.AudienceAnswer = await self._call(AUDIENCE, body, timeout, None)
        return answer

    async def demand(
        self,
        series: Sequence[Mapping[str, str]],
        *,
        horizon: int | None = None,
        quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
        scenario: types.ScenarioBody | None = None,
        explain: bool = False,
        timeout: float | None = None,
    ) -> types.DemandAnswer:
        """How many units sell on each of the coming days.

        Args:
            series: a list of at most 10,000 series, each an object with its key columns, as strings
            horizon: an integer from 1 to demand.horizon_days, or null for all of these days
            quantiles: different ones of 0.05, 0.25, 0.5, 0.75, 0.95
            scenario: an object with a price or a price_change, a promotion, or both; null: the forecast as planned
            explain: whether to say what makes up each mean, in units
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "series": listed("series", series),
            },
            {
                "horizon": (horizon, None),
                "quantiles": (listed("quantiles", quantiles), [0.05, 0.25, 0.5, 0.75, 0.95]),
                "scenario": (scenario, None),
                "explain": (explain, False),
            },
        )
        answer: types.DemandAnswer = await self._call(DEMAND, body, timeout, None)
        return answer

    async def customers(
        self,
        customer_ids: Sequence[str],
        *,
        profile: bool = False,
        timeout: float | None = None,
    ) -> types.CustomersAnswer:
        """RFM, segment, stage, health, expected value, next purchase, products due, consents; on request the whole profile.

        Args:
            customer_ids: at most 10,000 customer ids, each a string of 1 to 256 characters
            profile: true or false: whether each result has every described feature
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "customer_ids": listed("customer_ids", customer_ids),
            },
            {
                "profile": (profile, False),
            },
        )
        answer: types.CustomersAnswer = await self._call(CUSTOMERS, body, timeout, None)
        return answer

    async def events(
        self,
        events: Sequence[types.EventBody],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.EventsAnswer:
        """Tell what customers do; the next prediction shows purchases, views, carts, wishes and searches.

        Args:
            events: 1 to 10,000 events, each an object
            idempotency_key: names the request; made by the client where none is given
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "events": listed("events", events),
            },
            {
            },
        )
        answer: types.EventsAnswer = await self._call(EVENTS, body, timeout, idempotency_key)
        return answer

    async def feedback(
        self,
        prediction_id: str,
        outcome: Mapping[str, types.JsonValue],
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.FeedbackAnswer:
        """Tell what came of a prediction.

        Args:
            prediction_id: the prediction_id of an answer: 32 hexadecimal digits
            outcome: an object with at least one entry, at most 20,000 characters as JSON
            idempotency_key: names the request; made by the client where none is given
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "prediction_id": prediction_id,
                "outcome": outcome,
            },
            {
            },
        )
        answer: types.FeedbackAnswer = await self._call(FEEDBACK, body, timeout, idempotency_key)
        return answer

    async def models(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ModelsAnswer:
        """The versions that matter now, their metrics and gates.

        Args:
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.ModelsAnswer = await self._call(MODELS, body, timeout, None)
        return answer

    async def new_job(
        self,
        model: Literal["churn", "recommendation", "demand"],
        *,
        format: Literal["parquet", "csv"] = "parquet",
        as_of: str | None = None,
        mode: Literal["all", "new"] | None = None,
        k: int | None = None,
        level: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.JobAnswer:
        """Predict for the whole population into a file.

        Args:
            model: 'churn', 'recommendation' or 'demand'
            format: 'parquet' or 'csv'
            as_of: the first day that is not known, as YYYY-MM-DD, or null: the shop's present
            mode: of recommendation: 'all', 'new' for products the customer never bought before, or null
            k: of recommendation: products per customer, an integer from 1 to 1000, or null
            level: of demand: the groups of a level of demand.levels, at most 256 characters, or null
            idempotency_key: names the request; made by the client where none is given
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = body_of(
            {
                "model": model,
            },
            {
                "format": (format, "parquet"),
                "as_of": (as_of, None),
                "mode": (mode, None),
                "k": (k, None),
                "level": (level, None),
            },
        )
        answer: types.JobAnswer = await self._call(NEW_JOB, body, timeout, idempotency_key)
        return answer

    async def jobs(
        self,
        *,
        timeout: float | None = None,
    ) -> types.JobsAnswer:
        """The jobs that this key asked for.

        Args:
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.JobsAnswer = await self._call(JOBS, body, timeout, None)
        return answer

    async def job(
        self,
        job_id: str,
        *,
        timeout: float | None = None,
    ) -> types.JobAnswer:
        """How a job stands.

        Args:
            job_id: the job_id of an answer: 32 hexadecimal digits
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.JobAnswer = await self._call(JOB.at(job_id=job_id), body, timeout, None)
        return answer

    async def cancel_job(
        self,
        job_id: str,
        *,
        timeout: float | None = None,
    ) -> types.JobAnswer:
        """Cancel a job.

        Args:
            job_id: the job_id of an answer: 32 hexadecimal digits
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.JobAnswer = await self._call(CANCEL_JOB.at(job_id=job_id), body, timeout, None)
        return answer

    async def health(
        self,
        *,
        timeout: float | None = None,
    ) -> types.Health:
        """Whether the process is alive.

        Args:
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.Health = await self._call(HEALTH, body, timeout, None)
        return answer

    async def ready(
        self,
        *,
        timeout: float | None = None,
    ) -> types.Ready:
        """Whether the service can answer.

        Args:
            timeout: seconds for the whole call, tries and pauses among them; None: as the client has it
        """
        body = None
        answer: types.Ready = await self._call(READY, body, timeout, None)
        return answer
